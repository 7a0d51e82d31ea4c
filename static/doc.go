// Package static holds the style sheet, the scripts and the icons of the
// pages, embedded into the program and served under a hash of their content:
// "/static/HASH/app.css". A new build has new addresses, so browsers may keep
// the files for ever and never mix two versions.
//
// Everything here is written by hand and needs no build step: plain CSS, and
// ES modules that import each other by relative paths. Nothing is loaded from
// elsewhere, and nothing needs an inline script or style, so that the pages
// can forbid both.
//
// [Path] names a file for a page, [Handler] serves them all. Only the files
// of this folder exist for it; any other path, whatever it contains, is 404.
package static
