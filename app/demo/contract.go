package demo

// Contract is the text of a made-up contract.
type Contract struct {
	FileName string
	Title    string
	Intro    string
	Clauses  []Clause
	// Sign are the captions of the two places for signatures.
	Sign [2]string
}

// Clause is one numbered section.
type Clause struct {
	Heading string
	Text    []string
}

// PDF makes the contract a PDF file of several pages.
func (c Contract) PDF() ([]byte, error) {
	d, err := newDocument(c.Title)
	if err != nil {
		return nil, err
	}
	d.heading(c.Title, 18)
	d.text(c.Intro)
	for _, clause := range c.Clauses {
		d.heading(clause.Heading, 12)
		for _, text := range clause.Text {
			d.text(text)
		}
	}
	for _, caption := range c.Sign {
		d.rule(caption)
	}
	return d.bytes()
}
