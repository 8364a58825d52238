package ethtool_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/nicio/ethtool"
	"callmanager/nicio/internal/vethtest"
)

func TestTags(t *testing.T) {
	n := vethtest.New(t)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, strip := range []bool{true, false, true} {
		n.SetTagStripping(vethtest.A, strip)
		for name, want := range map[string]bool{vethtest.A: strip, vethtest.B: false, "lo": false} {
			if got, err := ethtool.StripsTags(fd, name); got != want || err != nil {
				t.Errorf("StripsTags(%q) = %v, %v, want %v", name, got, err, want)
			}
		}
	}
	for name, want := range map[string]error{"absent": unix.ENODEV, "": unix.EINVAL, "a234567890123456": unix.EINVAL} {
		if _, err := ethtool.StripsTags(fd, name); !errors.Is(err, want) {
			t.Errorf("StripsTags(%q): %v, want %v", name, err, want)
		}
		if err := ethtool.SetTags(fd, name, false); !errors.Is(err, want) {
			t.Errorf("SetTags(%q): %v, want %v", name, err, want)
		}
	}
}
