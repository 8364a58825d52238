package goldentest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
)

// Frames returns the frames of a golden capture of encapsulations.
func Frames(tb testing.TB, file string) (frames [][]byte) {
	tb.Helper()
	f, err := open(filepath.Join("testdata", "golden", "encapsulation", file))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	for {
		b, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			tb.Fatal(err)
		}
		frames = append(frames, b)
	}
}

// open opens a file of the repository for a test of datapath or of a package in it.
func open(name string) (*os.File, error) {
	f, err := os.Open(filepath.Join("..", name))
	if errors.Is(err, fs.ErrNotExist) {
		return os.Open(filepath.Join("..", "..", name))
	}
	return f, err
}
