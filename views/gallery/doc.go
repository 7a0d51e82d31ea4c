// Package gallery shows every page in every state, with made-up data, in every
// language: to look at while a page is being made, and for the test that takes
// pictures of them all. It needs no portal, no store and no token.
//
//	http.ListenAndServe("127.0.0.1:8090", gallery.Handler())
//
// [States] lists what there is; each is shown at /LANG/NAME.
package gallery
