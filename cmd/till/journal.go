package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/storage"
)

func (s *shell) journalCommand() *cobra.Command {
	c := &cobra.Command{Use: "journal", Short: "Prove that the journal is whole and holds no card data", RunE: showHelp}
	c.AddCommand(s.journalVerify(), s.journalScan())
	return c
}

func (s *shell) journalVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Recompute the journal's chain and compare it with its head",
		Long: "Recompute the hash chain over every event, check the head's MAC, and compare every payment with its events.\nA running terminal may go on selling.\n\nWith --json: {\"ok\",\"rows\",\"head\",\"first_bad\"}.",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.reading(c.Context(), func(ctx context.Context, j *storage.Journal) error {
				v, err := j.Verify(ctx)
				if err != nil {
					return err
				}
				if s.json {
					err = printJSON(s.out, struct {
						OK       bool   `json:"ok"`
						Rows     int64  `json:"rows"`
						Head     string `json:"head"`
						FirstBad string `json:"first_bad"`
					}{v.OK, v.Rows, v.Head, v.FirstBad})
				} else if v.OK {
					fmt.Fprintf(s.out, "the journal is whole: %d events, head %s\n", v.Rows, v.Head)
				} else {
					fmt.Fprintf(s.out, "THE JOURNAL IS NOT AS IT WAS WRITTEN: first bad is %s of %d events\n"+
						"  stop selling, keep the whole folder as it is, and compare with the head that an earlier `till journal verify` printed\n", v.FirstBad, v.Rows)
				}
				if err != nil || v.OK {
					return err
				}
				s.reported = true
				return &exitError{exitJournal, "the journal is not as it was written"}
			})
		},
	}
}

func (s *shell) journalScan() *cobra.Command {
	return &cobra.Command{
		Use: "scan [PATH...]", Short: "Look for card numbers in every file of the data folder",
		Long: `Look for card numbers in every file of the data folder, or of the paths given: plain, grouped, as tracks, hexadecimal,
base64, UTF-16 and packed decimal, by brand range, length and check digit. A running terminal may go on selling.

With --json: {"ok","files","findings":[{"file","offset","kind"}]}. Findings are exit code 15.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				cfg, _, _, err := s.load()
				if err != nil {
					return err
				}
				paths = []string{filepath.Dir(cfg.Journal.Path)}
			}
			for _, p := range paths {
				if _, err := os.Stat(p); err != nil {
					return &exitError{exitJournal, "there is nothing to scan at " + p}
				}
			}
			r, err := storage.Scan(c.Context(), paths...)
			if err != nil {
				return err
			}
			if s.json {
				err = printJSON(s.out, r)
			} else {
				s.printScan(r)
			}
			if err != nil || r.OK {
				return err
			}
			s.reported = true
			return &exitError{exitJournal, "card numbers were found"}
		},
	}
}

func (s *shell) printScan(r storage.ScanReport) {
	if r.OK {
		fmt.Fprintf(s.out, "no card number in %d files\n", r.Files)
		return
	}
	fmt.Fprintf(s.out, "CARD NUMBERS in %d places of %d files; the numbers are not shown\n", len(r.Findings), r.Files)
	rows := make([][]string, 0, len(r.Findings))
	for _, f := range r.Findings {
		rows = append(rows, []string{f.File, strconv.FormatInt(f.Offset, 10), f.Kind})
	}
	printTable(s.out, []string{"FILE", "BYTE", "AS"}, rows, map[int]bool{1: true})
}
