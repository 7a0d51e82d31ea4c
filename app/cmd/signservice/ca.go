package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"signservice/signer/ca"
	"signservice/signer/keys"
)

// caCommand does what needs the key of a root, on a machine apart: the root's
// file comes from the settings page, or from ca root.
type caCommand struct {
	Root  caRootCommand  `cmd:"" help:"Make a root and keep it in an encrypted file."`
	Show  caShowCommand  `cmd:"" help:"Show whose root a file holds, and write its certificate."`
	Issue caIssueCommand `cmd:"" help:"Certify an issuing authority, as its request asks."`
	CRL   caCRLCommand   `cmd:"" name:"crl" help:"Make the root's next list of revocations."`
}

// rootFlags open the file of a root.
type rootFlags struct {
	RootFile     string `name:"root" required:"" help:"The root with its key, as it was exported (PKCS#12)." type:"path" placeholder:"ROOT.p12"`
	PasswordFile string `help:"File with the password, in its first line; without it the password is read from the standard input." type:"path" placeholder:"FILE"`
}

// open asks for the password and opens the file.
func (f rootFlags) open(in io.Reader, out io.Writer) (ca.Authority, error) {
	data, err := os.ReadFile(f.RootFile)
	if err != nil {
		return ca.Authority{}, err
	}
	password, err := readPassword(f.PasswordFile, in, out)
	if err != nil {
		return ca.Authority{}, err
	}
	root, err := ca.OpenRoot(data, password)
	switch {
	case errors.Is(err, ca.ErrPassword):
		return ca.Authority{}, hinted(fmt.Errorf("the password does not open %s", f.RootFile), "type it as it was typed at the export; capital letters count")
	case err != nil:
		return ca.Authority{}, hinted(fmt.Errorf("%s: %w", f.RootFile, err), "give the .p12 file that the settings page exported, or that ca root made")
	}
	return root, nil
}

// readPassword reads a line from a file, or from the standard input.
func readPassword(file string, in io.Reader, out io.Writer) (string, error) {
	var data []byte
	var err error
	if file != "" {
		data, err = os.ReadFile(file)
	} else {
		if _, err := fmt.Fprintln(out, "password of the root's file (it is shown while you type):"); err != nil {
			return "", err
		}
		data, err = io.ReadAll(io.LimitReader(in, 1<<10))
	}
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// caRootCommand makes a root where no network is.
type caRootCommand struct {
	Organisation string `required:"" help:"The company's name; the root is called by it."`
	Country      string `help:"Two letters, as DE." placeholder:"CC"`
	Years        int    `default:"10" help:"How long the root lives, in years, at most 20."`
	RSA          bool   `name:"rsa" help:"RSA of 4096 bits in place of ECDSA on P-384, for old readers."`
	PasswordFile string `help:"File with the password for the new file, in its first line; without it the password is read from the standard input." type:"path" placeholder:"FILE"`
	Out          string `arg:"" name:"ROOT.p12" help:"The file to be made." type:"path"`
}

// Run makes key and certificate, and never writes over a file.
func (c *caRootCommand) Run(std streams) error {
	if _, err := os.Lstat(c.Out); err == nil {
		return &exitError{exitUsage, hinted(fmt.Errorf("%s is there already", c.Out), "give another name: a root is never written over")}
	}
	password, err := readPassword(c.PasswordFile, std.in, std.err)
	if err != nil {
		return err
	}
	if err := ca.CheckPassword(password); err != nil {
		return hinted(errors.New("the password is too weak"), fmt.Sprintf("at least %d Latin letters, digits and signs, not always the same", ca.MinPassword))
	}
	kind := keys.P384
	if c.RSA {
		kind = keys.RSA4096
	}
	key, err := keys.Generate(kind)
	if err != nil {
		return err
	}
	name := ca.Name{CommonName: c.Organisation + " Root CA", Organization: c.Organisation, Country: c.Country}
	root, err := ca.NewRoot(ca.AuthorityRequest{Key: key, Name: name, Now: time.Now(), Years: c.Years})
	if err != nil {
		return err
	}
	der, err := key.PKCS8()
	if err != nil {
		return err
	}
	defer clear(der)
	file, err := ca.SealRoot(root, der, password)
	if err != nil {
		return err
	}
	if err := writePrivate(c.Out, file); err != nil {
		return err
	}
	return describeCertificate(std.out, "made", root)
}

// writePrivate writes a file that only its owner can read, durably.
func writePrivate(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// caShowCommand looks into a root's file.
type caShowCommand struct {
	rootFlags
	Out string `help:"Write the root's certificate here, in DER." type:"path" placeholder:"ROOT.cer"`
}

// Run shows the certificate; the key is opened to show that it is good.
func (c *caShowCommand) Run(std streams) error {
	root, err := c.open(std.in, std.err)
	if err != nil {
		return err
	}
	if err := describeCertificate(std.out, "holds", root.Certificate); err != nil {
		return err
	}
	if c.Out == "" {
		return nil
	}
	return writeWhole(c.Out, root.Certificate.Raw)
}

// caIssueCommand certifies an issuing authority.
type caIssueCommand struct {
	rootFlags
	Request string `required:"" help:"The request that the settings page gave (PKCS#10)." type:"path" placeholder:"FILE.csr"`
	Years   int    `default:"5" help:"How long the authority lives, in years, at most 10; never longer than the root."`
	Out     string `arg:"" name:"OUT.pem" help:"The certificate to be made." type:"path"`
}

// Help tells what to look at.
func (c *caIssueCommand) Help() string {
	return "Prints name, addresses and the fingerprint of the new certificate. Compare the name with the settings page " +
		"before you carry the certificate back: who gets a certificate here can issue to anybody."
}

// Run signs and prints.
func (c *caIssueCommand) Run(std streams) error {
	data, err := os.ReadFile(c.Request)
	if err != nil {
		return err
	}
	csr, err := ca.ParseRequest(data)
	if err != nil {
		return hinted(fmt.Errorf("%s: %w", c.Request, err), "give the request that the settings page has for an authority that waits")
	}
	name, err := ca.RequestedName(csr)
	if err != nil {
		return err
	}
	where, err := ca.RequestedAddresses(csr)
	if err != nil {
		return err
	}
	root, err := c.open(std.in, std.err)
	if err != nil {
		return err
	}
	issued, err := root.IssueAuthority(ca.AuthorityRequest{Public: csr.PublicKey, Name: name, Addresses: where, Now: time.Now(), Years: c.Years})
	if err != nil {
		return err
	}
	if err := writeWhole(c.Out, certificatePEM(issued)); err != nil {
		return err
	}
	if err := describeCertificate(std.out, "certified", issued); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "  list of the root  %s\n  root's certificate  %s\n", printable(where.List), printable(where.Issuer))
	return err
}

// caCRLCommand makes the root's list.
type caCRLCommand struct {
	rootFlags
	Previous string   `required:"" help:"The root's list before this one; fetch it at the address that ca issue prints, or from the settings page." type:"path" placeholder:"LIST.crl"`
	Revoke   []string `help:"Certificate of an issuing authority to be revoked; may be given several times." type:"path" placeholder:"CA.cer"`
	Days     int      `default:"366" help:"How long the list is good, in days."`
	Out      string   `arg:"" name:"OUT.crl" help:"The list to be made, in DER." type:"path"`
}

// Run makes the list. A clock that stands before the last list is refused.
func (c *caCRLCommand) Run(_ context.Context, std streams) error {
	if c.Days < 1 || c.Days > 3660 {
		return &exitError{exitUsage, errors.New("a list is good for 1 to 3660 days")}
	}
	previous, err := os.ReadFile(c.Previous)
	if err != nil {
		return err
	}
	if block, _ := pem.Decode(previous); block != nil {
		previous = block.Bytes
	}
	root, err := c.open(std.in, std.err)
	if err != nil {
		return err
	}
	now := time.Now()
	gone, err := c.revoked(root.Certificate, now)
	if err != nil {
		return err
	}
	der, err := root.RevocationList(previous, gone, now, time.Duration(c.Days)*24*time.Hour)
	switch {
	case errors.Is(err, ca.ErrClock):
		return hinted(errors.New("the clock of this machine stands before the last list"), "set it right: date")
	case errors.Is(err, ca.ErrList):
		return hinted(fmt.Errorf("%s: %w", c.Previous, err), "give the newest list of this very root")
	case err != nil:
		return err
	}
	if err := writeWhole(c.Out, der); err != nil {
		return err
	}
	list, err := ca.ParseList(der, root.Certificate)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "list %v of %s, good until %s, %d revoked\n",
		list.Number, printable(root.Certificate.Subject.CommonName), list.NextUpdate.Format(time.DateOnly), len(list.RevokedCertificateEntries))
	return err
}

// revoked reads which authorities are to be revoked: of this root, no others.
func (c *caCRLCommand) revoked(root *x509.Certificate, now time.Time) ([]ca.Revoked, error) {
	var gone []ca.Revoked
	for _, file := range c.Revoke {
		list, err := readCertificates([]string{file})
		if err != nil {
			return nil, err
		}
		if err := list[0].CheckSignatureFrom(root); err != nil || !list[0].IsCA {
			return nil, hinted(fmt.Errorf("%s is not the certificate of an authority of this root", file), "fetch it from the address that certificates carry: …/ca.cer")
		}
		gone = append(gone, ca.Revoked{Serial: list[0].SerialNumber, At: now, Reason: ca.CACompromise})
	}
	return gone, nil
}

// writeWhole writes a file that appears whole or not at all.
func writeWhole(name string, data []byte) error {
	return output{name: name, sync: true}.write(func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// certificatePEM gives a certificate in PEM.
func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// describeCertificate prints what is compared by eye.
func describeCertificate(w io.Writer, what string, c *x509.Certificate) error {
	sum := sha256.Sum256(c.Raw)
	_, err := fmt.Fprintf(w, "%s %s\n  valid    %s to %s\n  SHA-256  %s\n", what, printable(c.Subject.String()),
		c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly), strings.ToUpper(hex.EncodeToString(sum[:])))
	return err
}
