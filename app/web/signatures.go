package web

import (
	"strings"

	"signservice/app"
	"signservice/app/signing"
	"signservice/views"
)

// foundView is who has signed one document, as the script puts it into the page.
type foundView struct {
	documentRef
	HTML string `json:"html"`
}

// signatures tells who has signed the documents asked for, each as it becomes
// known, as a stream of events.
func (s *Server) signatures(c *call) error {
	var in selection
	if err := c.read(&in); err != nil {
		return err
	}
	if len(in.Documents) > maxSelection {
		return app.Fail(app.Invalid, "look at signatures", "order.documents", maxSelection)
	}
	var refs []signing.DocumentRef
	for _, d := range in.Documents {
		refs = append(refs, signing.DocumentRef{Source: d.Source, Field: d.Field, FileID: d.FileID})
	}
	ctx, cancel := s.life(c)
	defer cancel()
	opened := false
	for found, err := range s.config.Signing.Signatures(ctx, c.visit, refs) {
		if err != nil && !opened {
			return app.Wrap("look at signatures", err)
		}
		if !opened {
			if err := s.open(c); err != nil {
				return err
			}
			opened = true
		}
		v := foundView{documentRef: documentRef{Source: found.Ref.Source, Field: found.Ref.Field, FileID: found.Ref.FileID}}
		if v.HTML, err = html(ctx, views.SignedBy(c.signedBy(found))); err != nil {
			return nil //nolint:nilerr // the stream has begun: the rest stays as it is
		}
		if c.send(v) != nil {
			return nil
		}
	}
	if !opened {
		return s.open(c)
	}
	return nil
}

// signedBy puts what was found into words.
func (c *call) signedBy(found signing.Found) views.Signatures {
	v := views.Signatures{T: c.T}
	if found.Failure != nil {
		v.Tone, v.Words = "warn", c.T("signed.unknown")
		v.Note = message(found.Failure.MessageKey(), found.Failure.Kind, found.Failure.Args, c.words)
		return v
	}
	people, worst := 0, signing.VerdictGood
	for _, g := range found.Signatures {
		v.List = append(v.List, c.signature(g))
		if !g.Stamp {
			people++
		}
		if badness(g.Verdict) > badness(worst) {
			worst = g.Verdict
		}
	}
	v.Tone, v.Words = "good", c.T("signed.by-many", people)
	switch {
	case len(found.Signatures) == 0:
		v.Tone, v.Words = "plain", c.T("document.unsigned")
	case worst != signing.VerdictGood:
		v.Tone, v.Words = "bad", c.T("signed."+string(worst))
	case people == 1:
		for _, g := range found.Signatures {
			if !g.Stamp {
				v.Words = c.T("signed.by", g.Name)
			}
		}
	}
	return v
}

// badness orders verdicts from the best to the worst.
func badness(v signing.Verdict) int {
	return map[signing.Verdict]int{
		signing.VerdictGood: 0, signing.VerdictRevoked: 1, signing.VerdictChanged: 2, signing.VerdictBroken: 3,
	}[v]
}

// signature is one signature in words: who, when, how good, and what came after.
func (c *call) signature(g signing.Signature) views.Signature {
	v := views.Signature{Name: g.Name, Icon: "signature", Tone: "good", Verdict: c.T("verdict." + string(g.Verdict)), Level: g.Level}
	if v.Name == "" {
		v.Name = c.T("signed.nameless")
	}
	if g.Stamp {
		v.Icon, v.Facts = "clock", append(v.Facts, c.T("signed.stamp"))
	}
	switch g.Verdict {
	case signing.VerdictGood:
	case signing.VerdictRevoked:
		v.Tone = "warn"
	default:
		v.Tone = "bad"
	}
	if at := c.words.Time(g.At); at != "" && g.Proven {
		v.Facts = append(v.Facts, c.T("signed.at-proven", at))
	} else if at != "" {
		v.Facts = append(v.Facts, c.T("signed.at", at))
	}
	if g.Internal {
		v.Facts = append(v.Facts, c.T("certificate.internal"))
	} else if g.Issuer != "" {
		v.Facts = append(v.Facts, c.T("certificate.issuer", g.Issuer))
	}
	if g.Reason != "" {
		v.Facts = append(v.Facts, c.T("signet.reason", g.Reason))
	}
	v.Later = c.later(g)
	return v
}

// later says what was added to the document after a signature.
func (c *call) later(g signing.Signature) string {
	if g.Verdict == signing.VerdictBroken || len(g.Later) == 0 {
		return ""
	}
	var words []string
	for _, kind := range g.Later {
		words = append(words, c.T("later."+kind))
	}
	return c.T("signed.later", strings.Join(words, ", "))
}
