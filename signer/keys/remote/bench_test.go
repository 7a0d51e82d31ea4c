package remote_test

import (
	"crypto"
	"os"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/keys/remote"
	"signservice/signer/signertest"
)

// BenchmarkSign tells the signatures per second of a SoftHSM2 token through a
// helper, one at a time and eight at once. BenchmarkSign of package keys tells
// those of the token itself, and in process.
func BenchmarkSign(b *testing.B) {
	for _, algorithm := range []signertest.Algorithm{signertest.RSA2048, signertest.P256} {
		token := signertest.NewHSM(b).NewToken(b, "office")
		token.Put(b, []byte{1}, "key", signertest.SelfSigned(b, signertest.Leaf{Algorithm: algorithm}))
		tokens := open(b, remote.Config{
			Config: keys.Config{
				Latch:  keys.NewFileLatch(b.TempDir()),
				Tokens: []keys.TokenConfig{{Module: token.Module, Serial: token.Serial, PIN: pin(token.PIN)}},
			},
			Command: []string{os.Args[0], helperArgument},
		})
		key, err := tokens.Signer(b.Context(), keys.KeyID{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(algorithm)+"/1", func(b *testing.B) {
			for b.Loop() {
				if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign/s")
		})
		b.Run(string(algorithm)+"/8", func(b *testing.B) {
			b.SetParallelism(4) // times GOMAXPROCS, which is 2 where this was written
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign/s")
		})
	}
}
