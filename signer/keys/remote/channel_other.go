//go:build !unix

package remote

import (
	"errors"
	"net"
	"os"
)

// newChannel is not there: this system hands no socket to a child.
func newChannel() (net.Conn, *os.File, error) { return nil, nil, errors.ErrUnsupported }

func inherited() (net.Conn, error) { return nil, errors.ErrUnsupported }
