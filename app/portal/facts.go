package portal

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"

	"signservice/app"
	"signservice/bitrix"
)

// fact is what is known of a file without its content. A file's content never
// changes under its id, so neither does a fact.
type fact struct {
	name string
	size int64 // -1 when the portal does not tell
	pdf  bool
}

// factKey names a content by the id of its file. Where a portal does not tell
// that id, it is the object on Drive that holds the content: what is known of
// it then serves lists alone and may be of an earlier version.
type factKey struct {
	portal app.PortalID
	id     bitrix.ID
	object bool
}

// maxFacts bounds the memory: some hundred bytes each.
const maxFacts = 20_000

// facts remembers them. It is asked only for files that the user has just
// been shown by the portal, so it tells nobody of a file that is not theirs.
type facts struct {
	mu    sync.Mutex
	known map[factKey]fact // guarded by mu
}

func (f *facts) get(k factKey) (fact, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.known[k]
	return v, ok
}

func (f *facts) put(k factKey, v fact) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= maxFacts {
		f.known = map[factKey]fact{} // full: it fills again by use
	}
	f.known[k] = v
}

// fact finds out about a file of a field.
func (p *Portals) fact(ctx context.Context, c *bitrix.Client, portal app.PortalID, file bitrix.ItemFile) (fact, error) {
	return p.factOf(ctx, c, portal, factKey{id: file.ID}, file.Link)
}

// factOf finds out about a file: by its head, and where name and type leave it
// open whether it is a PDF, by its first bytes.
func (p *Portals) factOf(ctx context.Context, c *bitrix.Client, portal app.PortalID, k factKey, link bitrix.Secret) (fact, error) {
	k.portal = portal
	if v, ok := p.facts.get(k); ok {
		return v, nil
	}
	head, err := c.Stat(ctx, link)
	if err != nil {
		return fact{}, err
	}
	v := fact{name: head.Name, size: head.Size, pdf: namedPDF(head.Name, head.ContentType)}
	if !v.pdf && mayBePDF(head.ContentType) && head.Size != 0 {
		var first firstBytes
		_, err := c.Download(ctx, link, &first, math.MaxInt64)
		if err != nil && !errors.Is(err, errEnough) {
			return fact{}, err
		}
		v.pdf = isPDF(first.bytes)
	}
	p.facts.put(k, v)
	return v, nil
}

// mayBePDF tells whether a media type leaves it open what a file is. Portals
// store the type that the uploading browser has told, so nothing but types of
// other well-known contents is believed.
func mayBePDF(mediaType string) bool {
	group, _, _ := strings.Cut(mediaType, "/")
	switch {
	case group == "image", group == "audio", group == "video", group == "font":
		return false
	case strings.HasPrefix(mediaType, "application/vnd."), mediaType == "application/zip":
		return false
	}
	return true
}

// errEnough ends a download whose beginning suffices.
var errEnough = errors.New("first bytes suffice")

// firstBytes keeps the beginning of a file and ends the download after it.
type firstBytes struct{ bytes []byte }

func (f *firstBytes) Write(data []byte) (int, error) {
	n := min(len(data), headSize-len(f.bytes))
	f.bytes = append(f.bytes, data[:n]...)
	if len(f.bytes) == headSize {
		return n, errEnough
	}
	return n, nil
}
