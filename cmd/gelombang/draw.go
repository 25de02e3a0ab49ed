package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"gelombang/draw/transcript"
)

type drawCmd struct {
	Verify drawVerifyCmd `cmd:"" help:"Recompute a draw from its published bundle and say what is wrong, if anything is."`
}

type drawVerifyCmd struct {
	Bundle  string `arg:"" help:"The published bundle, or - for standard input."`
	Root    string `placeholder:"HEX" help:"The root that was announced before the draw. Without it only inner consistency is checked."`
	Receipt string `placeholder:"FILE" help:"Your signed receipt: proves that you are in the list, or that you were left out."`
	Key     string `placeholder:"KEY" help:"The operator's public key, when you know it from elsewhere."`
}

// Help is shown by gelombang draw verify --help.
func (drawVerifyCmd) Help() string {
	return `The bundle holds the frozen list, the root, the checkpoint that was signed before the
beacon round, the round's randomness, and every rank. This command recomputes all of it.

To trust more than the bundle's own word, give the root that was announced before the
draw (from a newspaper, a gazette, a friend's copy of the page):

  gelombang draw verify wave-1.draw --root 9c4107be…5d20 --receipt my-receipt.txt

Exit code 0: everything agrees. 1: something does not, and the lines marked ✗ say what.
The format is written down in docs/algorithms/draw.md; a page of any language can check it.`
}

// Run verifies and prints one line per check.
func (c drawVerifyCmd) Run() error {
	opt, err := c.options()
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if c.Bundle != "-" {
		f, err := os.Open(c.Bundle)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	report, err := transcript.Verify(in, opt)
	if err != nil {
		return err
	}
	printReport(os.Stdout, report)
	if !report.OK() {
		return exitCode(1)
	}
	return nil
}

func (c drawVerifyCmd) options() (transcript.Options, error) {
	opt := transcript.Options{Key: c.Key}
	if c.Root != "" {
		root, err := transcript.ParseDigest(c.Root)
		if err != nil {
			return opt, fmt.Errorf("--root: %w", err)
		}
		opt.Root = &root
	}
	if c.Receipt != "" {
		text, err := os.ReadFile(c.Receipt)
		if err != nil {
			return opt, err
		}
		opt.Receipt = text
	}
	return opt, nil
}

func printReport(w io.Writer, r transcript.Report) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	if r.Header.Wave != "" {
		say("Wave %s (%s), %d receipts listed, root %s", r.Header.Wave, r.Header.Name, r.Listed, r.Root)
	}
	for _, c := range r.Checks {
		mark := "✓"
		if !c.OK {
			mark = "✗"
		}
		say("%s %s", mark, c.Says)
	}
	if len(r.Cutoffs) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "\nstratum\ttaking part\tselected\treserve\tlast rank selected")
		for _, c := range r.Cutoffs {
			_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\n", c.Stratum, c.Participants, c.Selected, c.Reserve, c.LastSelected)
		}
		_ = t.Flush()
	}
	if r.Finding != nil {
		say("\nYour receipt: %s", r.Finding)
	}
	for _, n := range r.Notes {
		say("\nNote: %s", n)
	}
	if r.OK() {
		say("\nEverything that was checked agrees.")
		return
	}
	say("\nSomething does not agree. Keep this file and your receipt: together they are the evidence.")
}
