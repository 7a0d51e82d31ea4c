// Package preview shows a page of a PDF as a picture, and reads its text, by
// PDFium compiled to WebAssembly.
//
//	pages := preview.New(preview.Config{CacheDir: dir, Logger: log})
//	defer pages.Close()
//	go pages.Warm(ctx)
//	picture, err := pages.Render(ctx, preview.Document{Reader: f, Size: n}, preview.View{Page: preview.Last, Width: 900})
//
// A page is drawn as people see it: turned by Rotate, cut to the CropBox, on
// white, with its annotations and with the widgets of its form, which is where
// the signet of a signature is.
//
// # Strangers' files
//
// PDFium is a large program in C++, and the files are strangers'. It therefore
// runs in a sandbox: it has no network, no environment, no files but the fonts
// (read only), at most [Config.MemoryPages] of memory and [Config.Timeout] of
// time. Each call gets an instance of its own, which is thrown away after it: no
// file sees what an earlier one left behind, and one that breaks its instance
// breaks nothing else. Documents are read in pieces, never loaded whole.
//
// # Costs
//
// [New] costs nothing, and importing the package neither. The first use compiles
// PDFium to machine code: three to five seconds and 320 MB while it lasts. With
// a [Config.CacheDir] later processes load the result in a tenth of a second and
// 50 MB; with a [Config.Compile] another process does the compiling, and this one
// never has more. [Renderer.Warm] does it ahead of the first page; an instance
// then takes about 5 ms, a page of text at 96 dpi another 20.
//
// The cache holds machine code that will be run. It is used only where nobody
// but its owner can write to the folder.
//
// # What it is not
//
// A picture says nothing about signatures, and a page that looks right may still
// be changed after signing: that is for package signer to tell. Nor is the text
// what the signature covers; it is for people who cannot see the picture.
package preview
