package api_test

import (
	"errors"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/api"
)

// listen makes a server that nobody serves.
func listen(t *testing.T, path string) *api.Server {
	t.Helper()
	s, err := api.Listen(path, api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// The socket has its mode and group whatever the umask of the process is.
func TestSocketMode(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o077, 0o777} {
		path := filepath.Join(t.TempDir(), "cmd.sock")
		old := unix.Umask(mask)
		s, err := api.Listen(path, api.Config{})
		unix.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(path)
		if err != nil || st.Mode() != os.ModeSocket|0o660 {
			t.Errorf("umask %03o: mode %v, %v", mask, st.Mode(), err)
		}
		if g, err := user.LookupGroup(api.GroupUsers); err == nil && os.Geteuid() == 0 {
			if gid, _ := strconv.Atoi(g.Gid); int(st.Sys().(*syscall.Stat_t).Gid) != gid {
				t.Errorf("the socket does not belong to the group %s", api.GroupUsers)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A socket that its process has left behind is replaced.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cmd.sock")
	old, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	_ = old.Close()
	listen(t, path)
	c, err := net.Dial("unixpacket", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

// What somebody serves, or what is no socket, is left alone, and the error says so.
func TestPlaceTaken(t *testing.T) {
	for name, tc := range map[string]struct {
		take  func(t *testing.T, path string)
		words string
	}{
		"by a daemon": {func(t *testing.T, path string) {
			t.Helper()
			listen(t, path)
		}, "another daemon serves this socket"},
		"by a daemon with a full queue": {func(t *testing.T, path string) {
			t.Helper()
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Close(fd) })
			if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0)); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				if c, err := net.Dial("unixpacket", path); err == nil {
					t.Cleanup(func() { _ = c.Close() })
				}
			}
		}, "another daemon serves this socket"},
		"by a server of another kind": {func(t *testing.T, path string) {
			t.Helper()
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
		}, "another daemon serves this socket"},
		"by a file": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "no socket: remove it"},
		"by a directory": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "no socket: remove it"},
		"by a symbolic link": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.Symlink("/dev/null", path); err != nil {
				t.Fatal(err)
			}
		}, "no socket: remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "cmd.sock")
			tc.take(t, path)
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := api.Listen(path, api.Config{})
			if err == nil {
				_ = s.Close()
				t.Fatal("it is replaced")
			}
			if !strings.Contains(err.Error(), tc.words) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %q, want %q", err, tc.words)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("it is not what it was: %v", err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("left in the directory: %v", entries)
			}
		})
	}
}

func TestNoPlace(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{
		"no directory":  filepath.Join(dir, "none", "cmd.sock"),
		"too long":      filepath.Join(dir, strings.Repeat("x", 300)),
		"no file name":  "/",
		"not a place":   "/proc/cmd.sock",
		"file as place": "/dev/null/cmd.sock",
	} {
		if s, err := api.Listen(path, api.Config{}); err == nil {
			_ = s.Close()
			t.Errorf("%s: a socket at %s", name, path)
		}
	}
}

// Of many daemons that start at one time one gets the socket.
func TestOneDaemon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cmd.sock")
	var running sync.WaitGroup
	var won atomic.Int32
	for range 20 {
		running.Go(func() {
			s, err := api.Listen(path, api.Config{})
			if err == nil {
				won.Add(1)
				t.Cleanup(func() { _ = s.Close() })
			} else if !strings.Contains(err.Error(), "another daemon") {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if won.Load() != 1 {
		t.Errorf("%d daemons serve one socket", won.Load())
	}
}

// Closing removes the server's own socket, once, and that of no successor.
func TestCloseRemovesItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cmd.sock")
	first := listen(t, path)
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	second := listen(t, path)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the successor's socket: %v", err)
	}
	var closing sync.WaitGroup
	for range 4 {
		closing.Go(func() {
			if err := second.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	closing.Wait()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if err := second.Serve(); err != nil {
		t.Errorf("serving after the end: %v", err)
	}
	third := listen(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := third.Close(); err != nil {
		t.Errorf("closing when the socket has gone: %v", err)
	}
}
