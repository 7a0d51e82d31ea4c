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

// check tells what is found in the signed file of a Request: what went into the
// portal, and was read back from there.
func (s *Server) check(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	found, err := s.config.Signing.Check(c.Request().Context(), c.visit, id)
	if err != nil {
		return app.Wrap("check signed file", err)
	}
	v := c.signedBy(signing.Found{Signatures: found})
	v.Open = true
	return c.section("", views.CheckCard(c.T, v))
}

// signedBy puts what was found into words.
func (c *call) signedBy(found signing.Found) views.Signatures {
	v := views.Signatures{T: c.T}
	if found.Failure != nil {
		v.Tone, v.Words = "warn", c.T("signed.unseen")
		v.Note = message(found.Failure.MessageKey(), found.Failure.Kind, found.Failure.Args, c.words)
		return v
	}
	people, worst := 0, signing.VerdictGood
	for _, g := range found.Signatures {
		v.List = append(v.List, c.signature(g))
		if !g.Stamp {
			people++
		}
		// A timestamp of an authority that is not known here makes nobody's
		// signature worse.
		if badness(g.Verdict) > badness(worst) && !(g.Stamp && badness(g.Verdict) <= badness(signing.VerdictEnded)) {
			worst = g.Verdict
		}
	}
	v.Tone, v.Words = "good", c.T("signed.by-many", people)
	switch {
	case len(found.Signatures) == 0:
		v.Tone, v.Words = "plain", c.T("document.unsigned")
	case worst != signing.VerdictGood:
		v.Tone, v.Words = toneOf(worst), c.T("signed."+string(worst))
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
		signing.VerdictGood: 0, signing.VerdictUnknown: 1, signing.VerdictEnded: 2,
		signing.VerdictRevoked: 3, signing.VerdictChanged: 4, signing.VerdictBroken: 5,
	}[v]
}

// toneOf is how a verdict looks.
func toneOf(v signing.Verdict) string {
	switch v {
	case signing.VerdictGood:
		return "good"
	case signing.VerdictUnknown, signing.VerdictEnded:
		return "warn"
	}
	return "bad"
}

// signature is one signature in words: who, when, how good, and what came after.
func (c *call) signature(g signing.Signature) views.Signature {
	v := views.Signature{
		Name: g.Name, Icon: "signature", Tone: toneOf(g.Verdict), Verdict: c.T("verdict." + string(g.Verdict)), Level: g.Level,
	}
	if v.Name == "" {
		v.Name = c.T("signed.nameless")
	}
	if g.Stamp {
		v.Icon, v.Facts = "clock", append(v.Facts, c.T("signed.stamp"))
	}
	if at := c.words.Time(g.At); at != "" {
		switch {
		case g.Proven:
			v.Facts = append(v.Facts, c.T("signed.at-proven", at))
		case g.StampedBy != "":
			v.Facts = append(v.Facts, c.T("signed.at-stamped", at, g.StampedBy))
		default:
			v.Facts = append(v.Facts, c.T("signed.at", at))
		}
	}
	v.Facts = append(v.Facts, c.vouched(g)...)
	if g.Reason != "" {
		v.Facts = append(v.Facts, c.T("signet.reason", g.Reason))
	}
	v.Later = c.later(g)
	return v
}

// vouched tells who says whose certificate it is.
func (c *call) vouched(g signing.Signature) []string {
	switch {
	case g.SelfSigned && g.Verdict == signing.VerdictUnknown:
		return []string{c.T("signed.anybody")}
	case g.SelfSigned:
		return []string{c.T("certificate.internal")}
	case g.Issuer == "":
		return nil
	}
	facts := []string{c.T("certificate.issuer", g.Issuer)}
	if g.Internal {
		facts = append(facts, c.T("signed.company"))
	}
	return facts
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
