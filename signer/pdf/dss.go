package pdf

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the names of VRI entries are made of it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A SecurityStore is the document security store (DSS): material with which
// signatures can be validated long after (ISO 32000-2, 12.8.4.3; EN 319 142-1,
// 5.4.2). All entries are DER.
type SecurityStore struct {
	Certs, OCSPs, CRLs [][]byte
	// Related says which material belongs to which signature (VRI). It is
	// optional: validators find what they need without.
	Related []RelatedMaterial
}

// RelatedMaterial is what belongs to one signature.
type RelatedMaterial struct {
	// Contents is the value of the signature with its padding, as
	// [Signature.Contents] has it. What is read from a file has Key alone.
	Contents []byte
	// Key is the upper case hexadecimal SHA-1 of Contents.
	Key                string
	Certs, OCSPs, CRLs [][]byte
	// Time is when the material was gathered (TU), left out when zero.
	Time time.Time
}

// VRIKey gives the name of a signature's entry in VRI.
func VRIKey(contents []byte) string {
	sum := sha1.Sum(contents) //nolint:gosec // as the standard demands
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

const (
	maxMaterial      = 16 << 20 // bytes of one certificate, OCSP answer or CRL
	maxStore         = 64 << 20 // of all of them
	maxMaterialCount = 4096
)

// SecurityStore reads the document's store; it is empty if there is none.
func (f *File) SecurityStore() (*SecurityStore, error) { return again(f.securityStore) }

func (f *File) securityStore() (*SecurityStore, error) {
	d, err := f.dssDict()
	if err != nil {
		return nil, fmt.Errorf("security store: %w", err)
	}
	r := storeReader{f: f, read: map[*object][]byte{}}
	out, err := r.store(d)
	if err != nil {
		return nil, fmt.Errorf("security store: %w", err)
	}
	return out, nil
}

// A storeReader reads each stream of a store once, however often it is named.
type storeReader struct {
	f    *File
	read map[*object][]byte
	size int
}

func (r *storeReader) store(d Dict) (*SecurityStore, error) {
	out := &SecurityStore{}
	if err := r.material(d, "Certs", "OCSPs", "CRLs", &out.Certs, &out.OCSPs, &out.CRLs); err != nil {
		return nil, err
	}
	vri, err := r.f.dictOf(d["VRI"])
	if err != nil {
		return nil, err
	}
	for key, o := range vri {
		entry, err := r.f.dictOf(o)
		if err != nil {
			return nil, err
		}
		related := RelatedMaterial{Key: string(key)}
		if err := r.material(entry, "Cert", "OCSP", "CRL", &related.Certs, &related.OCSPs, &related.CRLs); err != nil {
			return nil, err
		}
		tu, _, err := resolved[String](r.f, entry["TU"])
		if err != nil {
			return nil, err
		}
		related.Time, _ = tu.Time()
		out.Related = append(out.Related, related)
	}
	return out, nil
}

func (f *File) dssDict() (Dict, error) {
	c, err := f.catalog()
	if err != nil {
		return nil, err
	}
	return f.dictOf(c.dict["DSS"])
}

func (r *storeReader) material(d Dict, certs, ocsps, crls Name, c, o, l *[][]byte) error {
	for key, list := range map[Name]*[][]byte{certs: c, ocsps: o, crls: l} {
		items, err := listOf[*Stream](r.f, d[key])
		if err != nil {
			return err
		}
		for _, s := range items[:min(len(items), maxMaterialCount)] {
			b, err := r.stream(s)
			if errors.Is(err, ErrDamaged) {
				continue
			}
			if err != nil {
				return err
			}
			*list = append(*list, b)
		}
	}
	return nil
}

func (r *storeReader) stream(s *Stream) ([]byte, error) {
	if b, ok := r.read[s.from]; ok && s.from != nil {
		return b, nil
	}
	b, err := r.f.streamData(s, maxMaterial)
	if err != nil {
		return nil, err
	}
	if r.size += len(b); r.size > maxStore {
		return nil, fmt.Errorf("%w: material of more than %d bytes", ErrLimit, maxStore)
	}
	r.read[s.from] = b
	return b, nil
}

// AppendSecurityStore writes the file, unchanged, followed by an increment that
// adds material to the document's store. What is in the store stays, and what
// is there already is not added again. It is permitted after every signature,
// certifying ones included.
func (f *File) AppendSecurityStore(ctx context.Context, w io.Writer, store SecurityStore, random io.Reader) error {
	inc, err := f.SecurityStoreIncrement(store, random)
	if err != nil {
		return err
	}
	if err := copyInput(ctx, w, nil, f.src.r, f.src.size); err != nil {
		return fmt.Errorf("append security store: %w", err)
	}
	if _, err := w.Write(inc); err != nil {
		return fmt.Errorf("append security store: %w", err)
	}
	return nil
}

// SecurityStoreIncrement gives what AppendSecurityStore writes behind the file.
func (f *File) SecurityStoreIncrement(store SecurityStore, random io.Reader) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	inc, err := again(func() (*increment, error) { return f.storeIncrement(store, random) })
	if err != nil {
		return nil, fmt.Errorf("append security store: %w", err)
	}
	return inc.buf, nil
}

func (f *File) storeIncrement(store SecurityStore, random io.Reader) (*increment, error) {
	inc, err := f.newIncrement(random)
	if err != nil {
		return nil, err
	}
	if err := inc.addStore(store); err != nil {
		return nil, err
	}
	if err := inc.flush(); err != nil {
		return nil, err
	}
	return inc, inc.finish()
}

// A storeEdit adds material to a store; equal material becomes one stream.
type storeEdit struct {
	inc   *increment
	known map[[sha256.Size]byte]Object
}

func (inc *increment) addStore(store SecurityStore) error {
	catalog, err := inc.editCatalog()
	if err != nil {
		return err
	}
	dss, own, err := inc.editEntry(catalog, "DSS")
	if err != nil {
		return err
	}
	e := storeEdit{inc: inc, known: map[[sha256.Size]byte]Object{}}
	if len(dss.entries) == 0 {
		dss.set("Type", Name("DSS"))
	}
	for _, r := range store.Related {
		store.Certs = append(store.Certs[:len(store.Certs):len(store.Certs)], r.Certs...)
		store.OCSPs = append(store.OCSPs[:len(store.OCSPs):len(store.OCSPs)], r.OCSPs...)
		store.CRLs = append(store.CRLs[:len(store.CRLs):len(store.CRLs)], r.CRLs...)
	}
	if err := e.add(dss, "Certs", "OCSPs", "CRLs", store.Certs, store.OCSPs, store.CRLs); err != nil {
		return err
	}
	if len(store.Related) > 0 {
		if err := e.addRelated(dss, store.Related); err != nil {
			return err
		}
	}
	inc.keepEntry(catalog, "DSS", dss, own)
	return nil
}

func (e *storeEdit) addRelated(dss *rawDict, related []RelatedMaterial) error {
	vri, own, err := e.inc.editEntry(dss, "VRI")
	if err != nil {
		return err
	}
	for _, r := range related {
		key := Name(r.Key)
		if r.Contents != nil {
			key = Name(VRIKey(r.Contents))
		}
		if key == "" {
			return fmt.Errorf("%w: related material without a signature", ErrSpec)
		}
		entry, entryOwn, err := e.inc.editEntry(vri, key)
		if err != nil {
			return err
		}
		if err := e.add(entry, "Cert", "OCSP", "CRL", r.Certs, r.OCSPs, r.CRLs); err != nil {
			return err
		}
		if !r.Time.IsZero() {
			entry.set("TU", Date(r.Time))
		}
		e.inc.keepEntry(vri, key, entry, entryOwn)
	}
	e.inc.keepEntry(dss, "VRI", vri, own)
	return nil
}

func (e *storeEdit) add(d *rawDict, certs, ocsps, crls Name, c, o, l [][]byte) error {
	for _, part := range []struct {
		key  Name
		list [][]byte
	}{{certs, c}, {ocsps, o}, {crls, l}} {
		if len(part.list) == 0 {
			continue
		}
		if err := e.merge(d, part.key, part.list); err != nil {
			return err
		}
	}
	return nil
}

// merge adds to an array of streams what it does not have yet.
func (e *storeEdit) merge(d *rawDict, key Name, list [][]byte) error {
	old, _, err := resolved[Array](e.inc.f, d.value(key))
	if err != nil {
		return err
	}
	out := append(Array{}, old...)
	have := map[[sha256.Size]byte]bool{}
	for _, item := range old[:min(len(old), maxMaterialCount)] {
		s, ok, err := resolved[*Stream](e.inc.f, item)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		b, err := e.inc.f.streamData(s, maxMaterial)
		if errors.Is(err, ErrDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		have[sum], e.known[sum] = true, item
	}
	for _, b := range list {
		sum := sha256.Sum256(b)
		if have[sum] {
			continue
		}
		have[sum] = true
		item, ok := e.known[sum]
		if !ok {
			item = &Indirect{Value: &Stream{Dict: Dict{}, Data: bytes.Clone(b)}}
			e.known[sum] = item
		}
		out = append(out, item)
	}
	if len(out) > len(old) {
		d.set(key, out)
	}
	return nil
}
