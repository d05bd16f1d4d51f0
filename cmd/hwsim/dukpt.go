package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/hwsim/pinblock"
	"github.com/tillpos/till/pos/card"
)

// dukptFlags are the settings of the dukpt commands; each takes those that it needs.
type dukptFlags struct {
	bdk, ksn, algo    string
	usage             string
	pin, pan, random  string
	format            int
	data, text        string
	response, decrypt bool
	json              bool
}

// derivation is what every command starts from.
type derivation struct {
	bdk dukpt.Key
	ksn dukpt.KSN
}

func (f *dukptFlags) derivation(cmd *cobra.Command) (derivation, error) {
	ksn, err := dukpt.ParseKSN(dukpt.Algorithm(f.algo), f.ksn)
	if errors.Is(err, dukpt.ErrAlgorithm) {
		return derivation{}, wrongFlag("algo", err)
	}
	if err != nil {
		return derivation{}, wrongFlag("ksn", err)
	}
	bdk, err := dukpt.ParseKey(f.bdk)
	if err == nil {
		_, err = dukpt.InitialKey(bdk, ksn)
	}
	if err != nil {
		return derivation{}, wrongFlag("bdk", err)
	}
	if !ksn.Usable() && cmd.Name() != "ipek" {
		fmt.Fprintln(cmd.ErrOrStderr(), "hwsim: no device comes to this counter")
	}
	return derivation{bdk, ksn}, nil
}

// wrongFlag names the flag whose value is no good. The value is not repeated: it could be a key or a PIN.
func wrongFlag(name string, err error) error { return fmt.Errorf("--%s: %w", name, err) }

func dukptCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "dukpt",
		Short: "Keys, PIN blocks and codes of DUKPT, for checking what a device sent",
		Long: `Keys, PIN blocks and codes of DUKPT (ANSI X9.24-1 with TDES, X9.24-3 with AES), from a base derivation key
and a key serial number. For test keys only: what is typed here stands in the shell's history.`,
	}
	root.AddCommand(ipekCommand(), keyCommand(), pinCommand(), macCommand(), dataCommand())
	return root
}

// derived makes a command that starts from a BDK and a KSN and prints one object, or with no --json the
// value named plain of it.
func derived(use, short, plain string, f *dukptFlags, run func(derivation) (map[string]any, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := f.derivation(cmd)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			out, err := run(d)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			out["ksn"] = d.ksn.String()
			if f.json {
				return writeLine(cmd.OutOrStdout(), out)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), out[plain])
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.bdk, "bdk", "", "base derivation key, hexadecimal")
	flags.StringVar(&f.ksn, "ksn", "", "key serial number: 20 digits with TDES, leading F's may be left out; 24 with AES")
	flags.StringVar(&f.algo, "algo", "tdes", "tdes, aes128, aes192 or aes256")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	must(cmd.MarkFlagRequired("bdk"))
	must(cmd.MarkFlagRequired("ksn"))
	return cmd
}

func ipekCommand() *cobra.Command {
	f := &dukptFlags{}
	return derived("ipek --bdk HEX --ksn HEX", "The initial key that is loaded into a device", "key", f, func(d derivation) (map[string]any, error) {
		key, err := dukpt.InitialKey(d.bdk, d.ksn)
		if err != nil {
			return nil, err
		}
		kcv, err := key.CheckValue(d.ksn.Algorithm)
		return map[string]any{"key": key.Hex(), "kcv": kcv}, err
	})
}

func keyCommand() *cobra.Command {
	f := &dukptFlags{}
	cmd := derived("key --bdk HEX --ksn HEX [--usage pin]", "The key of a transaction, or the one made of it for a use", "key", f, func(d derivation) (map[string]any, error) {
		key, err := d.key(f.usage)
		if err != nil {
			return nil, wrongFlag("usage", fmt.Errorf("%w; there are transaction, %s (mac-both, data-both and kek with AES only)", err, usageNames()))
		}
		return map[string]any{"usage": f.usage, "key": key.Hex()}, nil
	})
	cmd.Flags().StringVar(&f.usage, "usage", "transaction", "transaction, "+usageNames())
	return cmd
}

func usageNames() string {
	var names []string
	for _, u := range dukpt.Usages() {
		names = append(names, string(u))
	}
	return strings.Join(names, ", ")
}

func (d derivation) key(usage string) (dukpt.Key, error) {
	if usage != "transaction" {
		return dukpt.KeyFor(d.bdk, d.ksn, dukpt.Usage(usage))
	}
	initial, err := dukpt.InitialKey(d.bdk, d.ksn)
	if err != nil {
		return dukpt.Key{}, err
	}
	return dukpt.TransactionKey(initial, d.ksn)
}

func pinCommand() *cobra.Command {
	f := &dukptFlags{}
	cmd := derived("pin --bdk HEX --ksn HEX --pin 1234 --pan N [--format 0]", "The enciphered PIN block", "pin_block", f, func(d derivation) (map[string]any, error) {
		block, err := d.pinBlock(f)
		if err != nil {
			return nil, err
		}
		return map[string]any{"format": f.format, "pin_block": upperHex(block)}, nil
	})
	flags := cmd.Flags()
	flags.StringVar(&f.pin, "pin", "", "4 to 12 digits")
	flags.StringVar(&f.pan, "pan", "", "card number; not needed with format 1")
	flags.IntVar(&f.format, "format", 0, "of ISO 9564-1: 0, 1, 3, or 4 with AES")
	flags.StringVar(&f.random, "random", "", "the fill of formats 1, 3 and 4, hexadecimal; empty draws it")
	must(cmd.MarkFlagRequired("pin"))
	return cmd
}

func (d derivation) pinBlock(f *dukptFlags) ([]byte, error) {
	pin, err := pinblock.New([]byte(f.pin))
	if err != nil {
		return nil, wrongFlag("pin", err)
	}
	defer pin.Wipe()
	var pan card.PAN
	if f.pan != "" {
		if pan, err = card.NewPAN([]byte(f.pan)); err != nil {
			return nil, wrongFlag("pan", err)
		}
		defer pan.Wipe()
	}
	key, err := dukpt.KeyFor(d.bdk, d.ksn, dukpt.PIN)
	if err != nil {
		return nil, err
	}
	c, err := key.Cipher(d.ksn.Algorithm)
	if err != nil {
		return nil, err
	}
	random := rand.Reader
	if f.random != "" {
		b, err := hex.DecodeString(f.random)
		if err != nil {
			return nil, errors.New("--random is no hexadecimal text")
		}
		random = strings.NewReader(string(b))
	}
	block, err := pinblock.Encrypt(pinblock.Format(f.format), c, pin, pan, random)
	switch {
	case errors.Is(err, pinblock.ErrFormat), errors.Is(err, pinblock.ErrCipher):
		err = wrongFlag("format", err)
	case errors.Is(err, pinblock.ErrPAN):
		err = wrongFlag("pan", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("--random has not as many bytes as this format fills")
	}
	return block, err
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// dataFlags lets a command take bytes as hexadecimal digits or as text.
func dataFlags(cmd *cobra.Command, f *dukptFlags) {
	cmd.Flags().StringVar(&f.data, "data", "", "hexadecimal")
	cmd.Flags().StringVar(&f.text, "text", "", "ASCII, instead of --data")
	cmd.Flags().BoolVar(&f.response, "response", false, "with the key of the host's direction")
	cmd.MarkFlagsOneRequired("data", "text")
	cmd.MarkFlagsMutuallyExclusive("data", "text")
}

func (f *dukptFlags) bytes() ([]byte, error) {
	if f.text != "" {
		return []byte(f.text), nil
	}
	b, err := hex.DecodeString(f.data)
	if err != nil {
		return nil, errors.New("--data is no hexadecimal text")
	}
	return b, nil
}

func macCommand() *cobra.Command {
	f := &dukptFlags{}
	cmd := derived("mac --bdk HEX --ksn HEX --data HEX|--text T", "The code that authenticates a message; a TDES wire carries its first four bytes", "mac", f, func(d derivation) (map[string]any, error) {
		use := dukpt.MACRequest
		if f.response {
			use = dukpt.MACResponse
		}
		key, data, err := d.keyAndData(f, use)
		if err != nil {
			return nil, err
		}
		mac, err := dukpt.MAC(key, d.ksn.Algorithm, data)
		return map[string]any{"mac": upperHex(mac)}, err
	})
	dataFlags(cmd, f)
	return cmd
}

func dataCommand() *cobra.Command {
	f := &dukptFlags{}
	cmd := derived("data --bdk HEX --ksn HEX --data HEX|--text T", "Data enciphered, or deciphered: CBC, padded with zeros", "data", f, func(d derivation) (map[string]any, error) {
		use := dukpt.DataRequest
		if f.response {
			use = dukpt.DataResponse
		}
		key, data, err := d.keyAndData(f, use)
		if err != nil {
			return nil, err
		}
		turn := dukpt.Encrypt
		if f.decrypt {
			turn = dukpt.Decrypt
		}
		out, err := turn(key, d.ksn.Algorithm, data)
		return map[string]any{"data": upperHex(out)}, err
	})
	dataFlags(cmd, f)
	cmd.Flags().BoolVar(&f.decrypt, "decrypt", false, "decipher instead")
	return cmd
}

func (d derivation) keyAndData(f *dukptFlags, use dukpt.Usage) (dukpt.Key, []byte, error) {
	data, err := f.bytes()
	if err != nil {
		return dukpt.Key{}, nil, err
	}
	key, err := dukpt.KeyFor(d.bdk, d.ksn, use)
	return key, data, err
}
