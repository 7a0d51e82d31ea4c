package otp_test

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
)

// rfcSecret is the secret of both RFCs' examples: "12345678901234567890".
var rfcSecret = app.Secret(base32.StdEncoding.EncodeToString([]byte("12345678901234567890")))

// RFC 4226 appendix D.
func TestCodesOfRFC4226(t *testing.T) {
	for step, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got, err := otp.Code(rfcSecret, int64(step)); err != nil || got != want {
			t.Errorf("step %d: %s, %v, want %s", step, got, err, want)
		}
	}
}

// RFC 6238 appendix B, SHA1; the last six of its eight digits.
func TestCodesOfRFC6238(t *testing.T) {
	for unix, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
		2000000000: "69279037", 20000000000: "65353130",
	} {
		if got, err := otp.Code(rfcSecret, otp.Step(time.Unix(unix, 0))); err != nil || got != want[2:] {
			t.Errorf("time %d: %s, %v, want %s", unix, got, err, want[2:])
		}
	}
}

func TestCodesAgreeWithOathtool(t *testing.T) {
	tool, err := exec.LookPath("oathtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("oathtool is missing")
		}
		t.Skip("oathtool is missing")
	}
	for i := range 20 {
		secret, err := otp.Generate(bytes.NewReader(bytes.Repeat([]byte{byte(i * 13), byte(i), 0xa5}, 20)))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, 0, 29, 0, time.UTC).Add(time.Duration(i) * 1234567 * time.Second)
		out, err := exec.Command(tool, "--totp", "-b", "-N", at.Format("2006-01-02 15:04:05 UTC"), secret.Reveal()).Output()
		if err != nil {
			t.Fatal(err)
		}
		got, err := otp.Code(secret, otp.Step(at))
		if err != nil || got != strings.TrimSpace(string(out)) {
			t.Errorf("secret %d at %v: %s, %v; oathtool says %s", i, at, got, err, out)
		}
	}
}

func TestCodeRefusesWhatIsNoSecret(t *testing.T) {
	for _, secret := range []app.Secret{"", "1", "not base32!", "МАША"} {
		if got, err := otp.Code(secret, 1); err == nil {
			t.Errorf("a code of no secret: %s", got)
		} else if secret != "" && strings.Contains(err.Error(), secret.Reveal()+" ") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
	if _, err := otp.Code(rfcSecret, -1); err == nil {
		t.Error("a code before 1970")
	}
}

func TestGenerate(t *testing.T) {
	secret, err := otp.Generate(bytes.NewReader([]byte("12345678901234567890 and more")))
	if err != nil || secret != rfcSecret {
		t.Errorf("secret of known bytes: %q, %v", secret.Reveal(), err)
	}
	if _, err := otp.Generate(bytes.NewReader(make([]byte, 19))); err == nil {
		t.Error("a secret is made without enough randomness")
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct{ name, issuer, account, want string }{
		{"plain", "Sign acme.bitrix24.com", "mary", "otpauth://totp/Sign%20acme.bitrix24.com:mary?secret=ABC&issuer=Sign%20acme.bitrix24.com"},
		{"colons", "Sign 127.0.0.1:8901", "a:b:c", "otpauth://totp/Sign%20127.0.0.1-8901:a-b-c?secret=ABC&issuer=Sign%20127.0.0.1-8901"},
		{"unseen", "S\x00i\u202eg\u200bn\n", " a\tb ", "otpauth://totp/Sign:a%20b?secret=ABC&issuer=Sign"},
		{"parameters", "S&secret=X#", "a+b?c/d%41", "otpauth://totp/S%26secret%3DX%23:a%2Bb%3Fc%2Fd%2541?secret=ABC&issuer=S%26secret%3DX%23"},
		{"cyrillic", "S", "Мария", "otpauth://totp/S:%D0%9C%D0%B0%D1%80%D0%B8%D1%8F?secret=ABC&issuer=S"},
		{"broken utf-8", "S", "a\xff\xfeb", "otpauth://totp/S:ab?secret=ABC&issuer=S"},
		{"long", "S", strings.Repeat("я", 200), "otpauth://totp/S:" + strings.Repeat("%D1%8F", 64) + "?secret=ABC&issuer=S"},
	} {
		uri := otp.URI(c.issuer, c.account, "ABC")
		if want := c.want + "&algorithm=SHA1&digits=6&period=30"; uri.Reveal() != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, uri.Reveal(), want)
		}
		if strings.Contains(fmt.Sprint(uri), "ABC") {
			t.Errorf("%s: the URI is printed", c.name)
		}
	}
}

func FuzzURI(f *testing.F) {
	f.Add("Sign a:1", "b&c")
	f.Fuzz(func(t *testing.T, issuer, account string) {
		uri := otp.URI(issuer, account, "ABC").Reveal()
		path, query, _ := strings.Cut(strings.TrimPrefix(uri, "otpauth://totp/"), "?")
		if strings.Count(path, ":") != 1 || strings.Count(strings.ToLower(uri), "%3a") != 0 {
			t.Errorf("FreeOTP allows one colon: %s", uri)
		}
		if strings.Count(query, "&") != 4 || strings.Count(query, "=") != 5 || strings.ContainsAny(uri, "+# \r\n") {
			t.Errorf("the names reach into the parameters: %s", uri)
		}
	})
}
