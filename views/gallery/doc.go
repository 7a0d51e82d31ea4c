// Package gallery shows every page in every state, with made-up data, in every
// language: to look at while a page is being made, and for the tests that look
// at them all. It needs no portal, no store and no token. Package cmd below it
// is the program:
//
//	go run ./views/gallery/cmd
//
// [States] lists what there is; each is shown at /LANG/NAME. What a script puts
// into a page can be seen live, at /LANG/NAME?live&theme=dark: the true script
// runs, and the gallery answers its calls.
package gallery
