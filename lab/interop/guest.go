package interop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"callmanager/lab"
	"callmanager/lab/interop/peer"
)

// qemu is the emulator; Debian's package is qemu-system-x86.
const qemu = "qemu-system-x86_64"

// firstPort is the first TCP port of the guest, and of the host, for atmtcp; a guest has ports of them.
const (
	firstPort = 2812
	ports     = 16
)

// GuestConfig says what to boot.
type GuestConfig struct {
	// Image is a directory with vmlinuz and initrd, whose init mounts the shared directory on /host and
	// runs init.sh there.
	Image string
	// Agent is the path of the program atmpeer.
	Agent string
	// Dir is an empty directory for the guest's files. It is shared with it.
	Dir string
	// Host is where the emulator runs.
	Host *lab.Host
}

// Guest is a running guest.
type Guest struct {
	cfg  GuestConfig
	cmd  *exec.Cmd
	gone chan struct{}
}

// Boot starts a guest and waits until it answers. The caller stops it.
func Boot(ctx context.Context, cfg GuestConfig) (*Guest, error) {
	share := filepath.Join(cfg.Dir, "share")
	if err := errors.Join(os.Mkdir(share, 0o755), copyFile(filepath.Join(share, "atmpeer"), cfg.Agent),
		os.WriteFile(filepath.Join(share, "init.sh"), []byte(initScript), 0o755)); err != nil {
		return nil, fmt.Errorf("interop: %w", err)
	}
	log, err := os.Create(filepath.Join(cfg.Dir, "qemu.log"))
	if err != nil {
		return nil, fmt.Errorf("interop: %w", err)
	}
	g := &Guest{cfg: cfg, gone: make(chan struct{})}
	// Its end is Stop's: the context bounds the start alone.
	g.cmd = cfg.Host.Command(context.WithoutCancel(ctx), qemu, g.arguments(share)...)
	g.cmd.Stdout, g.cmd.Stderr = log, log
	err = g.cmd.Start()
	_ = log.Close()
	if err != nil {
		return nil, fmt.Errorf("interop: %w", err)
	}
	go g.runReaper()
	if err := g.awaitAnswer(ctx); err != nil {
		return nil, fmt.Errorf("interop: the guest does not answer: %w\n%s", errors.Join(err, g.Stop()), g.Console())
	}
	return g, nil
}

// initScript is what the guest runs at its start.
const initScript = `#!/bin/sh
cp /host/atmpeer /tmp/atmpeer
/tmp/atmpeer >/tmp/atmpeer.log 2>&1 &
`

// copyFile copies a program.
func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

// arguments are those of the emulator.
func (g *Guest) arguments(share string) []string {
	forward := []string{fmt.Sprintf("hostfwd=tcp:127.0.0.1:%d-:%d", peer.Port, peer.Port)}
	for n := range ports {
		forward = append(forward, fmt.Sprintf("hostfwd=tcp:127.0.0.1:%d-:%d", firstPort+n, firstPort+n))
	}
	return []string{
		"-accel", "tcg,thread=multi,tb-size=64", "-cpu", "max", "-M", "q35,usb=off,sata=off,smbus=off",
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-m", "192", "-smp", "1",
		"-kernel", filepath.Join(g.cfg.Image, "vmlinuz"), "-initrd", filepath.Join(g.cfg.Image, "initrd"),
		"-append", "console=ttyS0 quiet panic=-1 mitigations=off hostname=guest ip0=10.0.2.15/24",
		"-chardev", "file,id=console,path=" + g.consolePath(), "-serial", "chardev:console",
		"-fsdev", "local,id=share,path=" + share + ",security_model=none", "-device", "virtio-9p-pci,fsdev=share,mount_tag=host",
		"-netdev", "user,id=net,restrict=on," + strings.Join(forward, ","), "-device", "virtio-net-pci,netdev=net,romfile=",
	}
}

func (g *Guest) consolePath() string { return filepath.Join(g.cfg.Dir, "console") }

// Console returns the end of what the guest's kernel and the emulator have printed.
func (g *Guest) Console() string {
	var text []byte
	for _, path := range []string{g.consolePath(), filepath.Join(g.cfg.Dir, "qemu.log")} {
		b, err := os.ReadFile(path)
		if err != nil {
			b = []byte(err.Error())
		}
		text = append(text, b[max(0, len(b)-4000):]...)
	}
	return string(text)
}

// runReaper waits for the emulator.
func (g *Guest) runReaper() {
	_ = g.cmd.Wait()
	close(g.gone)
}

// bootInterval is how often a starting guest is asked: the emulator takes a connection before the
// guest does, and drops it.
const bootInterval = 100 * time.Millisecond

// awaitAnswer asks until there is an answer.
func (g *Guest) awaitAnswer(ctx context.Context) error {
	tick := time.NewTicker(bootInterval)
	defer tick.Stop()
	for {
		brief, cancel := context.WithTimeout(ctx, 20*bootInterval)
		_, err := g.Run(brief, "true")
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-g.gone:
			return errors.New("the emulator has ended")
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// Stop ends the guest at once.
func (g *Guest) Stop() error {
	if err := g.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("interop: stop the guest: %w", err)
	}
	<-g.gone
	return nil
}

// Run runs a script in the guest's shell and returns its output. Another exit status than 0 is an error.
func (g *Guest) Run(ctx context.Context, script string) (string, error) {
	t, err := g.Ask(ctx, peer.Request{Op: peer.OpRun, Script: script})
	if err != nil {
		return "", err
	}
	defer t.Close()
	r, err := t.Next()
	if err == nil && r.Status != 0 {
		err = fmt.Errorf("interop: %q in the guest: exit status %d: %s", script, r.Status, r.Text)
	}
	return r.Text, err
}

// Task is a request that the guest serves.
type Task struct {
	wire net.Conn
	in   *json.Decoder
	stop func() bool
}

// Ask makes a request. The context bounds all of it; the caller closes the task.
func (g *Guest) Ask(ctx context.Context, r peer.Request) (*Task, error) {
	wire, err := dial(ctx, g.cfg.Host, peer.Port)
	if err != nil {
		return nil, err
	}
	t := &Task{wire: wire, in: json.NewDecoder(wire)}
	t.stop = context.AfterFunc(ctx, t.Close)
	if err := json.NewEncoder(wire).Encode(r); err != nil {
		t.Close()
		return nil, fmt.Errorf("interop: ask the guest: %w", err)
	}
	return t, nil
}

// Next waits for the next report. A failure in the guest is an error, beside its report.
func (t *Task) Next() (r peer.Report, err error) {
	switch err := t.in.Decode(&r); {
	case errors.Is(err, io.EOF):
		return r, errors.New("interop: the guest has no more to say")
	case err != nil:
		return r, fmt.Errorf("interop: hear the guest: %w", err)
	case r.What == "failed":
		return r, fmt.Errorf("interop: in the guest: %s", r.Text)
	}
	return r, nil
}

// Await waits for a report of a kind, and fails with the first that tells of a failure.
func (t *Task) Await(what string) (peer.Report, error) {
	for {
		if r, err := t.Next(); err != nil || r.What == what {
			return r, err
		}
	}
}

// Close ends the request: its calls are released.
func (t *Task) Close() {
	if t.stop != nil {
		t.stop()
	}
	_ = t.wire.Close()
}

// dial connects within the host's namespace.
func dial(ctx context.Context, h *lab.Host, port int) (wire net.Conn, err error) {
	err = h.Do(func() error {
		var d net.Dialer
		wire, err = d.DialContext(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("interop: %w", err)
	}
	return wire, nil
}
