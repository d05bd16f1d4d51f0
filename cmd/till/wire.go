package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// wireLimit bounds what `wire decode` reads, bytes.
const wireLimit = 4 << 20

// explainers take the frames of a wire or device apart, each with its own table.
var explainers = map[string]func([]byte) ([]pos.WireFrame, *pos.WireError){
	"tclink":      trustcommerce.Explain,
	"magtek":      magtek.Explain,
	"magtek-text": magtek.ExplainText,
	"idtech":      idtech.Explain,
	"pinpad":      verifone.Explain,
}

func wireFormats() string {
	var names []string
	for n := range explainers {
		names = append(names, n)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func (s *shell) wireCommand() *cobra.Command {
	c := &cobra.Command{Use: "wire", Short: "Take captured frames of a wire or device apart", RunE: showHelp}
	var format string
	var isHex bool
	decode := &cobra.Command{
		Use:   "decode --format NAME [--hex] [FILE|-]",
		Short: "Show the fields of captured frames, card data masked",
		Long: `Show the fields of captured frames. Fields that hold card data are masked by the wire's own table, so that
a network id of 15 digits stays readable and a track never is.

Formats: ` + wireFormats() + `.`,
		Example: "  till wire decode --format tclink capture.bin\n  xxd -p report.bin | till wire decode --format magtek --hex -",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			explain, ok := explainers[format]
			if !ok {
				return usage("--format is one of: %s", wireFormats())
			}
			input, err := s.wireInput(c.Context(), args)
			if err != nil {
				return err
			}
			defer clear(input)
			if isHex {
				var bad *pos.WireError
				if input, bad = unhex(input); bad != nil {
					return s.wireFault(bad)
				}
				defer clear(input)
			}
			frames, bad := explain(input)
			if bad != nil {
				return s.wireFault(bad)
			}
			return s.printFrames(format, frames)
		},
	}
	decode.Flags().StringVar(&format, "format", "", "wire or device: "+wireFormats())
	decode.Flags().BoolVar(&isHex, "hex", false, "the input is hexadecimal text; spaces and line ends do not count")
	c.AddCommand(decode)
	return c
}

func (s *shell) wireInput(ctx context.Context, args []string) ([]byte, error) {
	in := s.in
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return nil, usage("the file cannot be read: %v", err)
		}
		defer f.Close()
		in = f
	}
	b, err := readBounded(ctx, in, wireLimit)
	switch {
	case errors.Is(err, errTooLong):
		return nil, usage("the input is larger than %d bytes", wireLimit)
	case err != nil && ctx.Err() == nil:
		return nil, usage("the input cannot be read: %v", err)
	}
	return b, err
}

// unhex reads hexadecimal text. The offset of an error counts in the text.
func unhex(text []byte) ([]byte, *pos.WireError) {
	digits := make([]byte, 0, len(text))
	for i, c := range text {
		switch {
		case bytes.IndexByte([]byte(" \t\r\n"), c) >= 0:
		case bytes.IndexByte([]byte("0123456789abcdefABCDEF"), c) >= 0:
			digits = append(digits, c)
		default:
			return nil, &pos.WireError{Offset: i, Reason: "not a hexadecimal digit"}
		}
	}
	if len(digits)%2 != 0 {
		return nil, &pos.WireError{Offset: len(text), Reason: "an odd number of hexadecimal digits"}
	}
	out := make([]byte, len(digits)/2)
	hex.Decode(out, digits)
	clear(digits)
	return out, nil
}

// wireFault is printed as JSON in every case: the caller of a decoder is a program or reads offsets.
func (s *shell) wireFault(e *pos.WireError) error {
	s.reported = true
	if err := printJSON(s.out, map[string]*pos.WireError{"error": e}); err != nil {
		return err
	}
	return &exitError{exitBadData, e.Error()}
}

func (s *shell) printFrames(format string, frames []pos.WireFrame) error {
	if s.json || !isTerminal(s.out) {
		if frames == nil {
			frames = []pos.WireFrame{}
		}
		return printJSON(s.out, struct {
			Format string          `json:"format"`
			Frames []pos.WireFrame `json:"frames"`
		}{format, frames})
	}
	for _, f := range frames {
		fmt.Fprintf(s.out, "%s at byte %d, %d bytes, parity %s, LRC %s\n", f.Record, f.Offset, f.Length, f.Parity, f.LRC)
		for _, v := range f.Fields {
			fmt.Fprintf(s.out, "  %5d %4d  %-20s %s\n", v.Pos, v.Len, v.Name, v.Value)
		}
	}
	return nil
}
