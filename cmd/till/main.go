// Command till is the terminal: it sells, keeps the journal and answers on the command line.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
)

func main() {
	defer func() {
		// The runtime would end a panic with 2, which scripts know as a wrong command line.
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "till: a fault of the program: %v\n\n%s", v, debug.Stack())
			os.Exit(exitInternal)
		}
	}()
	if err := noCore(); err != nil {
		fmt.Fprintln(os.Stderr, "till: core dumps cannot be switched off:", err)
		os.Exit(exitInternal)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
