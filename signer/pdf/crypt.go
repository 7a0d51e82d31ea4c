package pdf

import "io"

type crypt struct{}

func (f *File) openCrypt() error {
	if e, ok := f.trailer.get("Encrypt"); ok && e.value != nil {
		return ErrUnsupportedEncryption
	}
	return nil
}

func (f *File) decryptObject(o *object) error { return nil }

func (f *File) decryptStream(o *object, b []byte) ([]byte, error) { return b, nil }

func (c *crypt) encryptString(ref Ref, b []byte, rand io.Reader) ([]byte, error) { return b, nil }

func (c *crypt) encryptStream(ref Ref, b []byte, rand io.Reader) ([]byte, error) { return b, nil }
