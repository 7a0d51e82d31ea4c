package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"signservice/signer"
	"signservice/signer/signet"
)

// markFlags say what the visible mark looks like, beside its page and position.
type markFlags struct {
	Preset string `default:"eu" enum:"eu,russian,plain" help:"Form of the mark: ${enum}." placeholder:"FORM"`
	Logo   string `help:"Picture in the mark, PNG or JPEG." type:"path" placeholder:"F"`
	QR     string `name:"qr" help:"Text of a QR code in the mark." placeholder:"TEXT"`
	Box    string `help:"Place of the mark instead of --position, in points from the lower left corner of the page as it is shown." placeholder:"X,Y,WIDTH,HEIGHT"`
}

// box reads --box; the zero box where it is not given.
func (f markFlags) box() (signer.Box, error) {
	if f.Box == "" {
		return signer.Box{}, nil
	}
	var v [4]float64
	parts := strings.Split(f.Box, ",")
	for i := range v {
		var err error
		if len(parts) != len(v) {
			err = errors.New("four numbers are needed")
		} else {
			v[i], err = strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		}
		if err != nil {
			return signer.Box{}, fmt.Errorf("--box must be like 50,60,180,60, not %q", f.Box)
		}
	}
	return signer.Box{X0: v[0], Y0: v[1], X1: v[0] + v[2], Y1: v[1] + v[3]}, nil
}

// apply puts the flags into a signet.
func (f markFlags) apply(s *signer.Signet) (err error) {
	if s.Box, err = f.box(); err != nil {
		return err
	}
	if s.Mark.Preset, err = signet.ParsePreset(f.Preset); err != nil {
		return err
	}
	s.Mark.QR = f.QR
	if f.Logo == "" {
		return nil
	}
	logo, err := os.Open(f.Logo)
	if err != nil {
		return err
	}
	defer logo.Close() //nolint:errcheck // only read
	s.Mark.Logo, err = io.ReadAll(io.LimitReader(logo, signet.MaxLogoBytes+1))
	return err
}

// warn prints what is not as was ordered, or not as it should be. It is no failure.
func warn(w io.Writer, p *signer.Prepared) {
	for _, warning := range p.Warnings {
		fmt.Fprintln(w, "note:", warning)
	}
	if p.Damage != "" {
		fmt.Fprintf(w, "note: the structure of the file is damaged, and was signed as it is: %s\n", p.Damage)
	}
}
