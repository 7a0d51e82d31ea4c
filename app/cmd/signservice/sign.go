package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"signservice/app"
	"signservice/signer"
	"signservice/signer/repair"
	"signservice/signer/signet"
)

// signCommand signs one file. There is no limit on its size.
type signCommand struct {
	Key   string `help:"Private key, PEM." type:"path" placeholder:"K.pem" group:"Software key"`
	Cert  string `help:"Certificate, PEM." type:"path" placeholder:"C.pem" group:"Software key"`
	Chain string `help:"Issuers of the certificate, PEM." type:"path" placeholder:"CH.pem" group:"Software key"`

	Module  string `help:"PKCS#11 module." type:"path" placeholder:"SO" group:"Token"`
	Token   string `help:"Label or serial number of the token." placeholder:"LABEL" group:"Token"`
	ID      string `name:"id" help:"CKA_ID of the key." placeholder:"HEX" group:"Token"`
	PINFile string `name:"pin-file" help:"File with the PIN. A wrong PIN is sent once, and never again." type:"path" placeholder:"F" group:"Token"`

	Signet   bool   `help:"Draw the visible mark." group:"Visible mark"`
	Page     string `default:"last" help:"Page of the mark: first, last or a number." placeholder:"PAGE" group:"Visible mark"`
	Position string `default:"bottom-right" enum:"top-left,top-center,top-right,bottom-left,bottom-center,bottom-right" help:"Place of the mark: ${enum}." placeholder:"PLACE" group:"Visible mark"`
	Reason   string `help:"Why it is signed." placeholder:"TEXT" group:"Visible mark"`

	Mark markFlags `embed:"" group:"Visible mark"`

	Level   string     `default:"b" enum:"b,t,lt,lta" help:"Level of PAdES: b; t adds a time-stamp, lt what proves that the certificates were good, lta a time-stamp over that." placeholder:"LEVEL" group:"Level"`
	Levels  levelFlags `embed:"" group:"Level"`
	Certify int        `help:"Certify the document, as its first signature: 1 permits no change, 2 filling forms and signing, 3 comments too." placeholder:"P" group:"Level"`
	Field   string     `help:"Signature field to fill, or to make." placeholder:"NAME" group:"Level"`

	Sync  bool `help:"Wait until OUT is on the disk." group:"Care"`
	Check bool `help:"Verify the signed file against IN before OUT appears." group:"Care"`

	Repair bool `help:"Have a damaged file written anew before it is signed. Never done to a signed or encrypted file. Look at OUT: what is not understood is lost." group:"Damaged file"`

	In  string `arg:"" name:"IN" help:"The PDF to sign." type:"path"`
	Out string `arg:"" name:"OUT" help:"The signed PDF." type:"path"`
}

// AfterApply refuses flags that do not go together: wrong usage, exit code 64.
func (c *signCommand) AfterApply() error {
	soft := c.Key != "" || c.Cert != "" || c.Chain != ""
	token := c.Module != "" || c.Token != "" || c.ID != "" || c.PINFile != ""
	switch {
	case soft && token:
		return errors.New("give either --key and --cert, or --module, --token, --id and --pin-file")
	case token && (c.Module == "" || c.Token == "" || c.ID == "" || c.PINFile == ""):
		return errors.New("a token needs --module, --token, --id and --pin-file")
	case !token && (c.Key == "" || c.Cert == ""):
		return errors.New("a software key needs --key and --cert")
	}
	switch above := c.Level != "b"; {
	case above && len(c.Levels.TSA) == 0:
		return fmt.Errorf("--level %s needs --tsa URL", c.Level)
	case !above && len(c.Levels.TSA) > 0:
		return errors.New("--tsa needs --level t, lt or lta")
	case c.Certify < 0 || c.Certify > 3:
		return errors.New("--certify must be 1, 2 or 3")
	}
	if _, err := c.Mark.box(); err != nil {
		return err
	}
	_, err := parsePage(c.Page)
	return err
}

// Run signs IN and puts the result in OUT's place in one step.
func (c *signCommand) Run(ctx context.Context, std streams) error {
	id, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer id.close()
	in, err := os.Open(c.In)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", c.In)
	}
	o, err := c.options(id)
	if err != nil {
		return err
	}
	doc, size, err := c.document(ctx, std, in, info.Size())
	if err != nil {
		return unsignable(c.In, err)
	}
	sources, end, err := c.Levels.sources()
	if err != nil {
		return err
	}
	defer end()
	order := signer.Order{Options: o, Sources: withIssuers(sources, id.chain), Key: id.key, Check: c.Check}
	var result *signer.Outcome
	out := output{name: c.Out, sync: c.Sync}
	if err := out.write(func(w *os.File) (err error) {
		result, err = signer.SignFile(ctx, w, doc, size, order)
		return err
	}); err != nil {
		if level := levelHint(c.In, err); level != nil {
			return level
		}
		return unsignable(c.In, err)
	}
	warn(std.err, result.Prepared)
	tellShort(std.err, result.Level, result.Short)
	fmt.Fprintf(std.out, "signed %s as %s%s\n", c.Out, id.leaf.Subject.CommonName, c.reached(result))
	return nil
}

// reached names the level where one was asked for.
func (c *signCommand) reached(r *signer.Outcome) string {
	if c.Level == "b" {
		return ""
	}
	return ", level " + r.Level.String()
}

// identity is the key to sign with and its certificate.
type identity struct {
	leaf  *x509.Certificate
	chain []*x509.Certificate
	key   crypto.Signer
	close func()
}

// open gives the key and the certificate that the flags name.
func (c *signCommand) open(ctx context.Context) (identity, error) {
	if c.Module != "" {
		return openToken(ctx, tokenFlags{module: c.Module, token: c.Token, id: c.ID, pinFile: c.PINFile})
	}
	return openSoft(c.Key, c.Cert, c.Chain)
}

// options turns the flags into the signer's words.
func (c *signCommand) options(id identity) (signer.Options, error) {
	o := signer.Options{
		Certificate: id.leaf, Chain: id.chain, Time: time.Now(), Name: id.leaf.Subject.CommonName, Reason: c.Reason,
		Field: c.Field, Certify: c.Certify,
	}
	var err error
	if o.Level, err = signer.ParseLevel(c.Level); err != nil || !c.Signet {
		return o, err
	}
	page, err := parsePage(c.Page)
	if err != nil {
		return o, err
	}
	position, err := signer.ParsePosition(c.Position)
	if err != nil {
		return o, err
	}
	o.Signet = &signer.Signet{
		Mark: signer.Mark{
			Owner: id.leaf.Subject.CommonName, Time: o.Time, Reason: c.Reason,
			Internal: selfSigned(id.leaf),
		},
		Position: position, Page: page,
	}
	if err := c.Mark.apply(o.Signet); err != nil {
		return o, err
	}
	if org := id.leaf.Subject.Organization; len(org) > 0 {
		o.Signet.Mark.Organisation = org[0]
	}
	return o, nil
}

// selfSigned tells whether nobody but the owner vouches for the certificate.
func selfSigned(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// parsePage reads --page: first, last or a number from 1; 0 stands for last.
func parsePage(s string) (int, error) {
	switch app.PageChoice(s) {
	case app.FirstPage:
		return 1, nil
	case app.LastPage:
		return 0, nil
	}
	number, err := strconv.Atoi(s)
	if err != nil || number < 1 {
		return 0, fmt.Errorf("--page must be first, last or a number from 1, not %q", s)
	}
	return number, nil
}

// unsignable adds what can be done about a document that cannot be signed.
func unsignable(name string, err error) error {
	hints := []struct {
		cause error
		hint  string
	}{
		{signer.ErrPassword, "remove the password first, for instance with: qpdf --password=… --decrypt IN OUT"},
		{signer.ErrPublicKeyEncryption, "only the addressed recipients can open it; ask for an unencrypted copy"},
		{signer.ErrPermission, "its author does not permit signing; ask for a copy that may be signed"},
		{signer.ErrCertified, "its author certified it as final; ask for a copy that may be signed"},
		{signer.ErrFieldLocked, "an earlier signature locked the form; ask its signer"},
		{signer.ErrUnsupportedEncryption, "ask for a copy that is not encrypted"},
		{signer.ErrNotFirst, "sign it without --certify"},
		{signer.ErrFieldExists, "give the name of a signature field, or one that no field has"},
		{signer.ErrFieldSigned, "give the name of another field, or none"},
		{signer.ErrSeedValue, "give what its author asks for, such as another --reason, or sign in another field"},
		{signer.ErrNotPDF, "give a PDF file"},
		{signer.ErrNoPages, "give a PDF with a page"},
		{signer.ErrBox, "give a --box on the page; signservice sign --help tells how"},
		{signer.ErrSignetTooSmall, "give a larger --box, or leave --reason and --qr out"},
		{signet.ErrLogo, "give a PNG or JPEG of at most 1 MiB and 4 million pixels"},
		{signet.ErrQR, "give at most 250 characters of ASCII"},
		{signer.ErrPageRange, "give --page last, or the number of a page that it has"},
		{signer.ErrKeyMismatch, "give the certificate that was made for this key"},
		{signer.ErrLimit, "open it in a PDF program and save it anew"},
		{signer.ErrDamaged, "try --repair, or open it in a PDF program and save it anew"},
		{repair.ErrSigned, "sign it without --repair, or ask its signers for an undamaged copy"},
		{repair.ErrEncrypted, "sign it without --repair, or ask for a copy that is not encrypted"},
		{repair.ErrFailed, "sign it without --repair, or open it in a PDF program and save it anew"},
		{repair.ErrLoss, "sign it without --repair, or open it in a PDF program and save it anew"},
		{repair.ErrLimit, "sign it without --repair, or open it in a PDF program and save it anew"},
	}
	for _, h := range hints {
		if errors.Is(err, h.cause) {
			return hinted(fmt.Errorf("%s cannot be signed: %w", name, err), h.hint)
		}
	}
	return err
}
