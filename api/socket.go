package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// socketMode is the mode of the socket: its owner and the group of users.
const socketMode = 0o660

// network is the kind of the socket.
const network = "unixpacket"

// makeSocket makes the socket at path unless somebody serves it. The directory is
// locked meanwhile, so that of two daemons that start at one time the second
// meets the first.
func makeSocket(path string, log *zap.Logger) (*net.UnixListener, os.FileInfo, error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = dir.Close() }()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return nil, nil, os.NewSyscallError("flock", err)
	}
	if err := checkPlace(path); err != nil {
		return nil, nil, err
	}
	ln, err := bind(path, log)
	if err != nil {
		return nil, nil, err
	}
	st, err := os.Lstat(path)
	if err != nil {
		return nil, nil, errors.Join(err, ln.Close())
	}
	return ln, st, nil
}

// checkPlace refuses a place that is taken: by a socket that is served, or by what
// is none.
func checkPlace(path string) error {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case st.Mode().Type() != fs.ModeSocket:
		return errors.New("there is a file in its place that is no socket: remove it, or choose another path")
	}
	c, err := net.Dial(network, path) //nolint:noctx // a unix socket answers at once or not at all
	switch {
	case err == nil:
		_ = c.Close()
		return errServed
	case errors.Is(err, unix.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil // stale
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EPROTOTYPE):
		return errServed // it has a queue, or is of another kind
	}
	return err
}

// errServed says that somebody listens on the socket.
var errServed = errors.New("another daemon serves this socket")

// bind makes the socket beside its place, gives it its owner and mode, and moves it
// there, so that nobody meets it with another mode.
func bind(path string, log *zap.Logger) (*net.UnixListener, error) {
	tmp := filepath.Join(filepath.Dir(path), "."+strconv.Itoa(os.Getpid()))
	_ = os.Remove(tmp)
	// The mode that a socket has before it is bound bounds that of its file.
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var inner error
		err := raw.Control(func(fd uintptr) { inner = unix.Fchmod(int(fd), socketMode) })
		return errors.Join(err, inner)
	}}
	l, err := lc.Listen(context.Background(), network, tmp)
	if err != nil {
		return nil, err
	}
	ln, ok := l.(*net.UnixListener)
	if !ok {
		_ = l.Close()
		return nil, fmt.Errorf("%T is no unix socket", l)
	}
	ln.SetUnlinkOnClose(false)
	err = os.Chmod(tmp, socketMode)
	for gid := range groupIDs(GroupUsers) {
		if gid == uint32(os.Getegid()) {
			continue // it has the group already; under the unit, chown is forbidden
		}
		e := os.Chown(tmp, -1, int(gid))
		if errors.Is(e, fs.ErrPermission) { // the owner and root can still use it
			log.Warn("the socket cannot be given to its group", zap.String("group", GroupUsers), zap.Error(e))
			e = nil
		}
		err = errors.Join(err, e)
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = ln.Close()
		_ = os.Remove(tmp)
		return nil, err
	}
	return ln, nil
}

// removeSocket removes the socket that was made, and no other that has taken its
// place.
func removeSocket(path string, made os.FileInfo) error {
	st, err := os.Lstat(path)
	if err == nil && os.SameFile(st, made) {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// groupIDs returns the identifier of a group, or nothing if there is none.
func groupIDs(name string) map[uint32]struct{} {
	ids := make(map[uint32]struct{})
	if g, err := user.LookupGroup(name); err == nil {
		if id, err := strconv.ParseUint(g.Gid, 10, 32); err == nil {
			ids[uint32(id)] = struct{}{}
		}
	}
	return ids
}
