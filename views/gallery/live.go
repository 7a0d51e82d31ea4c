package gallery

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// A state can be seen live, at /LANG/NAME?live: with its script, whose calls
// this file and those of the settings answer with made-up data. The page's
// Session names the state. ?theme=dark shows it dark.

// live is the page of a state with its script.
func live(s State, w *i18n.Printer, theme string) templ.Component {
	p := page(w, "sign")
	p.Script, p.Session, p.Theme, p.ThemeAt = "sign.js", w.Language()+"/"+s.Name, theme, "/api/sign/theme"
	if s.Section == "" {
		return views.SignPage(p)
	}
	p.Kind, p.Script, p.ThemeAt = "settings", "settings.js", "/api/admin/theme"
	return around(views.Shell(p), around(views.SettingsFrame(p, tabs(w), s.Section), views.Skeleton("", w.T("settings.loading"))))
}

// asked gives the language and the name of the state whose script calls.
func asked(r *http.Request) (w *i18n.Printer, name string) {
	lang, name, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "/")
	return i18n.For(lang), name
}

// drawn gives fragments as a script gets them.
func drawn(r *http.Request, parts ...templ.Component) (string, error) {
	var b bytes.Buffer
	for _, part := range parts {
		if err := part.Render(r.Context(), &b); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// calls answers what the scripts of live states ask for.
func calls(states map[string]State) *http.ServeMux {
	mux := http.NewServeMux()
	screen := func(w http.ResponseWriter, r *http.Request) {
		words, name := asked(r)
		s, ok := states[name]
		if !ok || s.Fragments == nil {
			http.NotFound(w, r)
			return
		}
		html, err := drawn(r, s.Fragments(words)...)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, map[string]any{"screen": name, "html": html})
	}
	settings(mux, states)
	mux.HandleFunc("GET /api/sign", screen)
	mux.HandleFunc("GET /api/sign/requests/{id}", screen)
	mux.HandleFunc("POST /api/sign/requests/{id}/sheet", sheet)
	mux.HandleFunc("POST /api/sign/requests/{id}/picture", drawable)
	mux.HandleFunc("POST /api/sign/requests/{id}/signed-picture", picture)
	mux.HandleFunc("POST /api/sign/requests/{id}/text", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{"text": "Lorem ipsum dolor sit amet, consetetur sadipscing elitr."})
	})
	mux.HandleFunc("POST /api/sign/signatures", found)
	mux.HandleFunc("GET /api/sign/requests/{id}/check", func(w http.ResponseWriter, r *http.Request) {
		lang, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "/")
		p := words(i18n.For(lang))
		story := signedStories(p)[1]
		story.Open = true
		var b bytes.Buffer
		if err := views.CheckCard(p.T, story).Render(r.Context(), &b); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, map[string]string{"html": b.String()})
	})
	mux.HandleFunc("GET /api/sign/unsigned", func(w http.ResponseWriter, r *http.Request) {
		words, _ := asked(r)
		html, err := drawn(r, views.Button(views.Action{Words: words.T("done.next", 3), Icon: "signature", Post: "#"}, "button button-tinted"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, map[string]string{"html": html})
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck,errchkjson // the reader has gone
}

// look is what the script asks of a page.
type look struct {
	Visible  bool
	Position string
	Spot     struct{ X, Y float64 }
	Shown    int
	Width    int
}

// place is where a signet lies on the made-up page, in shares of it.
type place struct {
	Position string  `json:"position"`
	X        float64 `json:"x"`
	Y        float64 `json:"y"`
	Width    float64 `json:"width"`
	Height   float64 `json:"height"`
	Covers   bool    `json:"covers,omitempty"`
}

// places are the six of an A4 page, one of which an earlier signet has.
func places() []place {
	var list []place
	for i, name := range []string{"top-left", "top-center", "top-right", "bottom-left", "bottom-center", "bottom-right"} {
		p := place{Position: name, X: .047 + .304*float64(i%3), Y: .033, Width: .299, Height: .071, Covers: i == 3}
		if i > 2 {
			p.Y = 1 - .033 - .071
		}
		list = append(list, p)
	}
	return list
}

// chosen is where the look puts its signet.
func (l look) chosen() *place {
	for _, p := range places() {
		if p.Position == l.Position {
			return &p
		}
	}
	return &place{Position: "free", X: l.Spot.X * .701, Y: l.Spot.Y * .929, Width: .299, Height: .071}
}

// sheet tells the shape of the made-up page.
func sheet(w http.ResponseWriter, r *http.Request) {
	var l look
	if json.NewDecoder(r.Body).Decode(&l) != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	if l.Shown == 0 {
		l.Shown = 4
	}
	v := map[string]any{"page": l.Shown, "pages": 4, "width": 595, "height": 842, "zones": places()}
	if l.Visible && l.Shown == 4 {
		v["signet"] = l.chosen()
	}
	answer(w, v)
}

// picture draws the made-up page: lines for words, a frame for each signet.
func picture(w http.ResponseWriter, r *http.Request) {
	var l look
	if json.NewDecoder(r.Body).Decode(&l) != nil || l.Width < 1 || l.Width > 4000 {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	drawPage(w, l, 842./595)
}

// drawPage answers with the made-up page, whose height is so many times its
// width.
func drawPage(w http.ResponseWriter, l look, shape float64) {
	m := image.NewRGBA(image.Rect(0, 0, l.Width, int(float64(l.Width)*shape)))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	fill := func(x, y, width, height float64, c color.Color) {
		size := m.Bounds().Size()
		at := func(share float64, of int) int { return int(share * float64(of)) }
		draw.Draw(m, image.Rect(at(x, size.X), at(y, size.Y), at(x+width, size.X), at(y+height, size.Y)), image.NewUniform(c), image.Point{}, draw.Src)
	}
	words := color.Gray{Y: 190}
	fill(.1, .13, .45, .022, color.Gray{Y: 90})
	for i := range 26 {
		length := .8
		if i%6 == 5 {
			length = .35
		}
		fill(.1, .19+.026*float64(i), length, .009, words)
	}
	mark := func(p place) {
		blue := color.RGBA{R: 30, G: 74, B: 140, A: 255}
		fill(p.X, p.Y, p.Width, p.Height, blue)
		fill(p.X+.002, p.Y+.0015, p.Width-.004, p.Height-.003, color.White)
		for i, length := range []float64{.13, .2, .1, .24} {
			fill(p.X+.01, p.Y+.01+.015*float64(i), length, .007, blue)
		}
	}
	mark(places()[3])
	if l.Visible && l.Shown == 4 {
		mark(*l.chosen())
	}
	w.Header().Set("Content-Type", "image/png")
	png.Encode(w, m) //nolint:errcheck // the reader has gone
}

// found tells who has signed the made-up documents, a different story each.
func found(w http.ResponseWriter, r *http.Request) {
	reader, _ := asked(r)
	stories := signedStories(words(reader))
	var in struct {
		Documents []map[string]string `json:"documents"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i, d := range in.Documents {
		var b bytes.Buffer
		story := stories[i%len(stories)]
		if d["fileId"] == "contract" {
			story = stories[3]
		}
		if views.SignedBy(story).Render(r.Context(), &b) != nil {
			return
		}
		d["html"] = b.String()
		line, err := json.Marshal(d)
		if err != nil {
			return
		}
		w.Write(append(append([]byte("data: "), line...), "\n\n"...)) //nolint:errcheck // the reader has gone
	}
}
