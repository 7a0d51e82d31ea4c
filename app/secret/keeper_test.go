package secret_test

import (
	"bytes"
	"errors"
	"testing"

	"signservice/app"
	"signservice/app/secret"
)

func keeper(t testing.TB, seed byte) *secret.Keeper {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{seed}, secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t testing.TB, k *secret.Keeper, plain, aad string) []byte {
	t.Helper()
	sealed, err := k.Seal([]byte(plain), []byte(aad))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealedValueOpensOnlyInItsPlace(t *testing.T) {
	k := keeper(t, 1)
	sealed := seal(t, k, "the plain text", "grants/p/7")
	if bytes.Contains(sealed, []byte("plain")) {
		t.Error("the plain text can be read in the sealed value")
	}
	plain, err := k.Open(sealed, []byte("grants/p/7"))
	if err != nil || string(plain) != "the plain text" {
		t.Fatalf("open: %q, %v", plain, err)
	}
	for _, aad := range []string{"grants/p/8", "grants/p/", "", "grants/p/7 "} {
		if _, err := k.Open(sealed, []byte(aad)); !errors.Is(err, secret.ErrOpen) || !errors.Is(err, app.Internal) {
			t.Errorf("place %q: %v", aad, err)
		}
	}
}

func TestEveryChangedBitIsFound(t *testing.T) {
	k := keeper(t, 1)
	sealed := seal(t, k, "x", "a")
	for i := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := k.Open(changed, []byte("a")); err == nil {
			t.Errorf("bit %d changed, and it opens", i)
		}
	}
	for n := range sealed {
		if _, err := k.Open(sealed[:n], []byte("a")); err == nil {
			t.Errorf("cut to %d bytes, and it opens", n)
		}
	}
}

func TestSealingTwiceGivesTwoValues(t *testing.T) {
	k := keeper(t, 1)
	if bytes.Equal(seal(t, k, "x", "a"), seal(t, k, "x", "a")) {
		t.Error("equal plain texts can be told by their sealed values")
	}
}

func TestAnotherMasterKeyIsTold(t *testing.T) {
	one, two := keeper(t, 1), keeper(t, 2)
	if _, err := two.Open(seal(t, one, "x", "a"), []byte("a")); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("open under another key: %v", err)
	}
	if !one.Fits(one.Check()) || one.Fits(two.Check()) || one.Fits("") {
		t.Error("the key-check value does not tell the keys apart")
	}
	if one.Check() != keeper(t, 1).Check() {
		t.Error("the key-check value of one key changes")
	}
}

func TestPurposesHaveUnrelatedKeys(t *testing.T) {
	k := keeper(t, 1)
	session, audit := k.Derive("session"), k.Derive("audit")
	if len(session) != 32 || bytes.Equal(session, audit) || !bytes.Equal(session, k.Derive("session")) {
		t.Error("Derive must give one stable key of 32 bytes per purpose")
	}
}

func TestMasterKeyHas32Bytes(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33, 64} {
		if _, err := secret.New(make([]byte, n)); err == nil {
			t.Errorf("a master key of %d bytes is taken", n)
		}
	}
}

// FuzzOpen promises that nothing but what was sealed opens.
func FuzzOpen(f *testing.F) {
	k := keeper(f, 1)
	good := seal(f, k, "x", "a")
	f.Add(good, []byte("a"))
	f.Add([]byte{1}, []byte{})
	f.Add([]byte{}, []byte("a"))
	f.Fuzz(func(t *testing.T, sealed, aad []byte) {
		plain, err := k.Open(sealed, aad)
		if err == nil && !(bytes.Equal(sealed, good) && string(aad) == "a" && string(plain) == "x") {
			t.Errorf("opens: %x for %q", sealed, aad)
		}
	})
}
