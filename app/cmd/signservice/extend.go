package main

import (
	"context"
	"fmt"
	"os"

	"signservice/signer"
)

// extendCommand raises or renews the level of a signed file. It needs no key.
type extendCommand struct {
	Level  string     `default:"lta" enum:"t,lt,lta" help:"Level to reach: ${enum}." placeholder:"LEVEL" group:"Level"`
	Field  []string   `help:"Signature field that has to reach it; may be given several times. All, if it is not given." sep:"none" placeholder:"NAME" group:"Level"`
	Levels levelFlags `embed:"" group:"Level"`

	Sync bool `help:"Wait until OUT is on the disk." group:"Care"`

	In  string `arg:"" name:"IN" help:"The signed PDF." type:"path"`
	Out string `arg:"" name:"OUT" help:"The PDF with what was added." type:"path"`
}

// Help says when it is used.
func (c *extendCommand) Help() string {
	return "Examples:\n\n" +
		"  signservice extend --tsa https://tsa.example/ signed.pdf kept.pdf\n\n" +
		"makes a signature outlive its certificates; done again, before the certificate of the last time-stamp's authority " +
		"expires (verify tells when), it renews that. The signatures stay as they are."
}

// Run appends what raises the level of IN, and puts the result in OUT's place in
// one step.
func (c *extendCommand) Run(ctx context.Context, std streams) error {
	level, err := signer.ParseLevel(c.Level)
	if err != nil {
		return err
	}
	sources, end, err := c.Levels.sources()
	if err != nil {
		return err
	}
	defer end()
	in, err := os.Open(c.In)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	info, err := in.Stat()
	if err != nil {
		return err
	}
	var e *signer.Extension
	out := output{name: c.Out, sync: c.Sync}
	err = out.write(func(w *os.File) (err error) {
		e, err = signer.Extend(ctx, w, in, info.Size(), signer.ExtendOptions{Sources: sources, Level: level, Fields: c.Field})
		return err
	})
	if err != nil {
		if hinted := levelHint(c.In, err); hinted != nil {
			return hinted
		}
		return unsignable(c.In, err)
	}
	tellShort(std.err, e.Level, e.Short)
	if len(e.Increment) == 0 {
		fmt.Fprintf(std.out, "%s is at level %v: nothing was added\n", c.Out, e.Level)
		return nil
	}
	fmt.Fprintf(std.out, "raised %s to level %v\n", c.Out, e.Level)
	return nil
}
