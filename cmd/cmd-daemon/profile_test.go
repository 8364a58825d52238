package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestProfiled wants a profile of what ran, and its error, or no profile if none is asked for.
func TestProfiled(t *testing.T) {
	dir := t.TempDir()
	failed := errors.New("failed")
	path := filepath.Join(dir, "daemon.prof")
	err := profiled(path, func() error {
		if err := profiled(path+"2", func() error { t.Error("it runs though it cannot be profiled"); return nil }); err == nil {
			t.Error("two profiles at a time")
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("%v, want what the function returned", err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) { // it is gzipped
		t.Errorf("no profile: %v, %d octets", err, len(text))
	}
	if err := profiled(filepath.Join(dir, "none", "daemon.prof"), func() error { return nil }); err == nil {
		t.Error("a profile in a directory that there is not")
	}
	ran := false
	if err := profiled("", func() error { ran = true; return failed }); !ran || !errors.Is(err, failed) {
		t.Errorf("without a profile it ran: %t, %v", ran, err)
	}
}
