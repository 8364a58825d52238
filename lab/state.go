package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// state is what a lab's directory remembers of it.
type state struct {
	Name string `json:"name"`
	// Owner is the process that the lab ends with, 0 if it outlives its maker.
	Owner        int     `json:"owner"`
	OwnerStarted uint64  `json:"owner_started"`
	Bridge       string  `json:"bridge,omitempty"` // namespace of the bridge
	Hosts        []*Host `json:"hosts"`
	// Daemon is the daemon's program, and DaemonArgs its further arguments by host.
	Daemon     string              `json:"daemon"`
	DaemonArgs map[string][]string `json:"daemon_args,omitempty"`
}

// dirOf returns the directory of a lab.
func dirOf(name string) string { return filepath.Join(Root, name) }

// stateFile returns the path of a lab's state.
func stateFile(name string) string { return filepath.Join(dirOf(name), "state.json") }

// save writes the lab's state.
func (l *Lab) save() error {
	b, err := json.MarshalIndent(&l.state, "", "  ")
	if err != nil {
		return fmt.Errorf("lab: state: %w", err)
	}
	tmp := stateFile(l.state.Name) + ".new"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("lab: state: %w", err)
	}
	if err := os.Rename(tmp, stateFile(l.state.Name)); err != nil {
		return fmt.Errorf("lab: state: %w", err)
	}
	return nil
}

// claim makes the lab's directory with its state in it, in one step, so that a crash at any time leaves nothing
// that cannot be found and removed. It is an error if there is such a lab.
func (l *Lab) claim() error {
	draft := dirOf(draftName(l.state.Name, os.Getpid()))
	defer func() { _ = os.RemoveAll(draft) }()
	if err := os.MkdirAll(draft, 0o755); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	b, err := json.MarshalIndent(&l.state, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(draft, filepath.Base(stateFile(l.state.Name))), append(b, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(draft, dirOf(l.state.Name))
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("lab: a lab named %q exists (end it with: cmctl --lab %s lab down): %w", l.state.Name, l.state.Name, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}

// draftName is the directory of a lab that a process is about to claim. No lab has such a name.
func draftName(name string, pid int) string { return fmt.Sprintf(".%s.%d", name, pid) }

// abandonedDraft reports whether a directory is a draft of a process that has ended.
func abandonedDraft(dir string) bool {
	if !strings.HasPrefix(dir, ".") {
		return false
	}
	pid, err := strconv.Atoi(dir[strings.LastIndexByte(dir, '.')+1:])
	return err == nil && startTime(pid) == 0
}

// lock makes this process the one that removes the lab, and waits for another that does. It fails with
// fs.ErrNotExist if the lab is gone.
func (l *Lab) lock(ctx context.Context) (unlock func(), err error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		unlock, err = l.tryLock()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lab: %q is being removed by another process: %w", l.state.Name, ctx.Err())
		case <-tick.C:
		}
	}
}

// tryLock is lock without waiting: it fails with unix.EWOULDBLOCK if another process has the lock.
func (l *Lab) tryLock() (unlock func(), err error) {
	dir, err := os.Open(dirOf(l.state.Name))
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	err = unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = l.still(dir)
	}
	if err != nil {
		_ = dir.Close()
		return nil, fmt.Errorf("lab: lock %q: %w", l.state.Name, err)
	}
	return func() { _ = dir.Close() }, nil
}

// still fails with fs.ErrNotExist unless an open directory is that of the lab: who had the lock before may have
// removed it, and somebody may have made another lab of its name.
func (l *Lab) still(dir *os.File) error {
	locked, err := dir.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(dir.Name())
	if err == nil && !os.SameFile(locked, now) {
		err = fs.ErrNotExist
	}
	return err
}

// Open returns a lab that exists, made by this or another process.
func Open(name string) (*Lab, error) {
	if name == "" {
		name = DefaultName
	}
	if !validName(name) {
		return nil, fmt.Errorf("lab: name %q: %w", name, errName)
	}
	b, err := os.ReadFile(stateFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lab: there is no lab named %q (make one with: cmctl lab up): %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	l := new(Lab)
	if err := json.Unmarshal(b, &l.state); err != nil {
		return nil, fmt.Errorf("lab: %s: %w", stateFile(name), err)
	}
	for _, h := range l.state.Hosts {
		if h == nil {
			return nil, fmt.Errorf("lab: %s: a host is missing", stateFile(name))
		}
		h.lab = l
		l.cfg.Hosts = append(l.cfg.Hosts, h.Name)
	}
	l.cfg.Name = name
	return l, nil
}

// startTime returns when a process started, in ticks since boot, and 0 if there is none.
func startTime(pid int) uint64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	// The command's name stands in parentheses and may hold anything; the fields
	// after it are counted from the state, the third of proc(5).
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	const stateField, startField = 3, 22
	if len(fields) <= startField-stateField || bytes.Equal(fields[0], []byte("Z")) {
		return 0
	}
	t, err := strconv.ParseUint(string(fields[startField-stateField]), 10, 64)
	if err != nil {
		return 0
	}
	return t
}
