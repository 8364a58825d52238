package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
)

// SocketEnv is the environment variable by which programs in a host find its daemon's
// socket.
const SocketEnv = "CMD_SOCKET"

// Host is one host of a lab. The fields are what its state file keeps.
type Host struct {
	Name string `json:"name"`
	// Netns is the name of the namespace, as `ip netns` shows it.
	Netns string `json:"netns"`
	// Interface is the NIC of the host, and MAC its address.
	Interface string `json:"interface"`
	MAC       string `json:"mac"`
	// Address is the host's ATM address.
	Address string `json:"address"`
	// Dir holds the host's configuration, log and socket.
	Dir string `json:"dir"`
	// PID is the daemon's process, 0 if it is not running.
	PID int `json:"pid"`
	// Started is when the process started, in the kernel's ticks: a process
	// with another time is not the daemon.
	Started uint64 `json:"started"`

	lab   *Lab
	child *exec.Cmd // set if the daemon was started by this process
	gone  chan struct{}
}

// Socket returns the path of the daemon's socket. It can be used from any namespace.
func (h *Host) Socket() string { return filepath.Join(h.Dir, "cmd.sock") }

// Config returns the path of the daemon's configuration.
func (h *Host) Config() string { return filepath.Join(h.Dir, "cmd-daemon.toml") }

// Log returns the path of the daemon's log.
func (h *Host) Log() string { return filepath.Join(h.Dir, "cmd-daemon.log") }

// Dial connects to the host's daemon.
func (h *Host) Dial(ctx context.Context) (*client.Conn, error) {
	return client.Dial(ctx, client.Options{Socket: h.Socket()})
}

// Command returns a command that runs in the host's namespace, with SocketEnv set to its
// daemon's socket.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", h.Netns, name}, args...)...)
	cmd.Env = append(os.Environ(), SocketEnv+"="+h.Socket())
	return cmd
}

// StartDaemon starts the host's daemon, which must not be running, and waits until it
// serves its socket. The daemon's output goes to the end of Log. A daemon that does not
// serve in time runs on.
func (h *Host) StartDaemon(ctx context.Context) error {
	if h.Running() {
		return fmt.Errorf("lab: the daemon of %s is running, as process %d", h.Name, h.PID)
	}
	log, err := os.OpenFile(h.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	args := append([]string{"--config", h.Config()}, h.lab.state.DaemonArgs[h.Name]...)
	cmd := h.Command(context.WithoutCancel(ctx), h.lab.state.Daemon, args...)
	cmd.Stdout, cmd.Stderr = log, log
	// In a session of its own, the daemon does not get the terminal's Ctrl-C.
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = log.Close()
	if err != nil {
		return fmt.Errorf("lab: start the daemon of %s: %w", h.Name, err)
	}
	// `ip netns exec` replaces itself by the program, so this is the daemon.
	h.child, h.PID, h.gone = cmd, cmd.Process.Pid, make(chan struct{})
	h.Started = startTime(h.PID)
	go h.runReaper(cmd, h.gone)
	if err := h.awaitSocket(ctx); err != nil {
		return errors.Join(err, h.lab.save())
	}
	return h.lab.save()
}

// runReaper waits for a daemon that this process has started.
func (h *Host) runReaper(cmd *exec.Cmd, gone chan<- struct{}) {
	_ = cmd.Wait()
	close(gone)
}

// pollInterval is how often the state of another process is looked at, which sends no
// event that could be awaited.
const pollInterval = 20 * time.Millisecond

// awaitSocket waits until the daemon answers, or has ended.
func (h *Host) awaitSocket(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		c, err := h.Dial(ctx)
		if err == nil {
			return c.Close()
		}
		select {
		case <-h.gone:
			return fmt.Errorf("lab: the daemon of %s ended at once: %s", h.Name, h.lastLines())
		case <-ctx.Done():
			return fmt.Errorf("lab: the daemon of %s does not answer: %w: %s", h.Name, ctx.Err(), h.lastLines())
		case <-tick.C:
		}
	}
}

// lastLines returns the end of the log.
func (h *Host) lastLines() string {
	b, err := os.ReadFile(h.Log())
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-5):], []byte("\n")))
}

// Signal sends a signal to the daemon, such as unix.SIGKILL. It is an error if the daemon is
// not running.
func (h *Host) Signal(sig unix.Signal) error {
	// The descriptor holds on to the process, whose number another one may get.
	fd, err := unix.PidfdOpen(h.PID, 0)
	if err == nil {
		defer func() { _ = unix.Close(fd) }()
	}
	if !h.Running() {
		return fmt.Errorf("lab: the daemon of %s is not running", h.Name)
	}
	if err == nil {
		err = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
	if err != nil {
		return fmt.Errorf("lab: signal the daemon of %s: %w", h.Name, err)
	}
	return nil
}

// Running reports whether the daemon's process exists.
func (h *Host) Running() bool {
	if h.gone != nil {
		select {
		case <-h.gone:
			return false
		default:
			return true
		}
	}
	return h.PID != 0 && startTime(h.PID) == h.Started && h.Started != 0
}

// StopDaemon sends sig and waits until the daemon has ended; SIGTERM makes it release its
// calls. When the context ends first the daemon is killed, which is an error. A daemon
// that is not running is none.
func (h *Host) StopDaemon(ctx context.Context, sig unix.Signal) error {
	err := h.Signal(sig)
	if !h.Running() || errors.Is(err, unix.ESRCH) {
		err = nil // it has ended, before or just now
	}
	if err == nil {
		err = h.awaitEnd(ctx)
	}
	if err != nil {
		err = fmt.Errorf("lab: stop the daemon of %s: %w", h.Name, err)
		final, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTimeout)
		defer cancel()
		if killErr := errors.Join(h.Signal(unix.SIGKILL), h.awaitEnd(final)); h.Running() {
			return errors.Join(err, killErr)
		}
	}
	h.PID, h.Started, h.child, h.gone = 0, 0, nil, nil
	return errors.Join(err, h.lab.save())
}

// killTimeout bounds how long a killed process may take to be gone.
const killTimeout = 2 * time.Second

// awaitEnd waits until the daemon's process has gone.
func (h *Host) awaitEnd(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for h.Running() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
