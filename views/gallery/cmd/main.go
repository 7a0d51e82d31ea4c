// Command cmd serves the gallery, for who works on a page:
//
//	go run ./views/gallery/cmd                       # http://127.0.0.1:8090/
//	go run ./views/gallery/cmd -listen 0.0.0.0:8090  # for a phone in the same network
//
// It is a program of its own, so that made-up data are no part of the product.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"signservice/views/gallery"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address and port to serve the gallery at")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

// serve shows the gallery until the context ends, and says where.
func serve(ctx context.Context, address string, say io.Writer) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(say, "gallery: http://%s/\n", l.Addr())
	server := http.Server{Handler: gallery.Handler(), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(patience), ignoreClosed(<-ended))
}

// ignoreClosed passes over what Serve says of an orderly end.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
