// Command till is the terminal: it sells, keeps the journal and answers on the command line.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	defer func() {
		// The runtime would end a panic with 2, which scripts know as a wrong command line.
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "till: a fault of the program: %s\n\n%s", told(v), debug.Stack())
			os.Exit(exitInternal)
		}
	}()
	if err := noCore(); err != nil {
		fmt.Fprintln(os.Stderr, "till: core dumps cannot be switched off:", err)
		os.Exit(exitInternal)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// told is what may be printed of a panic: a fault that the runtime found. Any other value might hold
// anything, so only its type is said.
func told(v any) string {
	if e, ok := v.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("%T", v)
}
