package ring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callmanager/datapath/ring"
)

// compiled is the C client, built once from testdata/hostile.c and from the C of api/RING.md.
var compiled struct {
	once sync.Once
	path string
	skip string
	err  error
}

// hostileClient returns the C client's path, or skips the test if there is no C compiler.
func hostileClient(t *testing.T) string {
	t.Helper()
	compiled.once.Do(func() { compiled.path, compiled.skip, compiled.err = compile() })
	if compiled.skip != "" {
		t.Skip(compiled.skip)
	}
	if compiled.err != nil {
		t.Fatal(compiled.err)
	}
	return compiled.path
}

// compile builds the client in a directory that TestMain removes.
func compile() (path, skip string, err error) {
	cc := compiler()
	if cc == "" {
		return "", "no C compiler (gcc or cc): the hostile client and the C of api/RING.md are not tested", nil
	}
	doc, err := os.ReadFile("../../api/RING.md")
	if err != nil {
		return "", "", err
	}
	_, code, ok := strings.Cut(string(doc), "```c\n")
	code, _, closed := strings.Cut(code, "```")
	if !ok || !closed {
		return "", "", errors.New("api/RING.md has no C")
	}
	dir, err := os.MkdirTemp("", "ring-hostile-")
	if err != nil {
		return "", "", err
	}
	hostileDir = dir
	if err := os.WriteFile(filepath.Join(dir, "ring.h"), []byte(code), 0o600); err != nil {
		return "", "", err
	}
	path = filepath.Join(dir, "hostile")
	out, err := exec.CommandContext(context.Background(), cc, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I", dir,
		"-o", path, "testdata/hostile.c").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", cc, err, out)
	}
	return path, "", err
}

// compiler returns the C compiler's path, or "".
func compiler() string {
	for _, name := range []string{"gcc", "cc"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// process is a running C client.
type process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

// start runs the client in a mode on the other end of fresh rings, and returns the daemon's end.
func start(t *testing.T, p ring.Params, args ...string) (*ring.Endpoint, *process) {
	t.Helper()
	path := hostileClient(t)
	daemon, fds, err := ring.Create(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(t, daemon) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // A guard against a hang, no measure.
	t.Cleanup(cancel)
	c := &process{cmd: exec.CommandContext(ctx, path, args...)}
	memory, bell := os.NewFile(uintptr(fds.Memory), "memory"), os.NewFile(uintptr(fds.Doorbell), "doorbell")
	c.cmd.ExtraFiles = []*os.File{memory, bell}
	c.cmd.Stderr = &c.stderr
	err = c.cmd.Start()
	if err := errors.Join(err, memory.Close(), bell.Close()); err != nil {
		t.Fatal(err)
	}
	return daemon, c
}

// wait expects the client to end by itself with status 0.
func (c *process) wait(t *testing.T) {
	t.Helper()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("client: %v\n%s", err, c.stderr.Bytes())
	}
}

// worker is the daemon's side as the datapath drives it: batches in place, echo, doorbell, poll.
type worker struct {
	*ring.Endpoint

	lossy    bool // A full ring drops, as the datapath does; otherwise the worker waits for room.
	received int
	views    [16]ring.Record
}

// serve echoes until the end of file, a violation, or the client's end. It returns which.
func (w *worker) serve() error {
	for {
		busy, err := w.batch()
		if err != nil {
			return err
		}
		if busy || ring.SpinAnywhere(w.Rx.Readable) {
			continue
		}
		if err := w.sleep(); err != nil {
			return err
		}
	}
}

// batch moves what there is. It stops at a full ring unless the worker is lossy.
func (w *worker) batch() (busy bool, err error) {
	n := w.Rx.Peek(w.views[:])
	for i := range w.views[:n] {
		switch err := w.Tx.TryPush(w.views[i]); {
		case err == nil:
		case errors.Is(err, ring.ErrFull) && !w.lossy:
			return w.awaitRoom(i)
		case errors.Is(err, ring.ErrFull), errors.Is(err, ring.ErrTooLarge):
			w.Tx.CountDrop(len(w.views[i].Payload))
		default:
			return false, err
		}
		w.received++
	}
	w.Rx.Release()
	w.Tx.Flush()
	if n == 0 {
		return false, errors.Join(w.Rx.Err(), corrupt(w.Tx.Err()))
	}
	return true, nil
}

// corrupt passes violations only.
func corrupt(err error) error {
	if errors.Is(err, ring.ErrCorrupt) {
		return err
	}
	return nil
}

// awaitRoom releases what was echoed, up to the i-th view, and sleeps until the echo has room again.
func (w *worker) awaitRoom(i int) (bool, error) {
	if i > 0 {
		w.Rx.ReleaseThrough(&w.views[i-1])
	}
	w.Rx.Rewind()
	w.Tx.Flush()
	if w.Tx.Arm(w.Tx.MaxPayload()) {
		return true, nil
	}
	_, err := w.Doorbell().Poll(-1, -1)
	return true, peerGone(err)
}

// sleep waits for the doorbell. A client that is gone is left when all that it published is read.
func (w *worker) sleep() error {
	if w.Rx.Arm() {
		return nil
	}
	_, err := w.Doorbell().Poll(-1, -1)
	if err != nil && w.Rx.Readable() {
		return nil
	}
	return peerGone(err)
}

func peerGone(err error) error {
	if errors.Is(err, io.EOF) {
		return ring.ErrPeerGone
	}
	return err
}

// TestCPeer exchanges records with a client written from api/RING.md alone: both ways, through rings from tiny to large,
// asleep at every record or with many under way.
func TestCPeer(t *testing.T) {
	for _, tc := range []struct{ size, records, window int }{
		{64, 5000, 1},
		{64, 20_000, 100},
		{256, 20_000, 3},
		{4096, 20_000, 1000},
		{256 << 10, 50_000, 100_000},
	} {
		t.Run(fmt.Sprintf("size=%d/window=%d", tc.size, tc.window), func(t *testing.T) {
			daemon, client := start(t, ring.Params{ToDaemon: tc.size, ToClient: tc.size},
				"peer", fmt.Sprint(tc.records), fmt.Sprint(tc.window))
			w := &worker{Endpoint: daemon}
			if err := w.serve(); !errors.Is(err, io.EOF) || w.received != tc.records {
				t.Errorf("%v after %d of %d records", err, w.received, tc.records)
			}
			daemon.Tx.Close()
			client.wait(t)
		})
	}
}

// TestCViolations has the client write one absurd word after three good records, whose echo must have been delivered.
func TestCViolations(t *testing.T) {
	const (
		toDaemon, toClient = ring.ToDaemonOffset, ring.ToClientOffset
		tail, head         = 0x00, 0x80
		records            = ring.HeaderOctets
		published          = 8 + 48 + 88 // The three records of honest_start.
	)
	for _, tc := range []struct {
		name string
		word ring.Word
		set  []uint64 // Offset and value, in turn.
	}{
		{"tail ahead", ring.WordTail, []uint64{toDaemon + tail, 1 << 20}},
		{"tail back", ring.WordTail, []uint64{toDaemon + tail, 8}},
		{"tail odd", ring.WordTail, []uint64{toDaemon + tail, published + 1}},
		{"tail largest", ring.WordTail, []uint64{toDaemon + tail, ^uint64(0)}},
		{"length", ring.WordHeader, []uint64{records + published, 0xFFFFFFFF, toDaemon + tail, published + 64}},
		{"length beyond tail", ring.WordHeader, []uint64{records + published, 64, toDaemon + tail, published + 64}},
		{"flags", ring.WordHeader, []uint64{records + published, 0x0400_00000008, toDaemon + tail, published + 64}},
		{"pad", ring.WordHeader, []uint64{records + published, 0x8000_00000000, toDaemon + tail, published + 64}},
		{"head ahead", ring.WordHead, []uint64{toClient + head, 1 << 20}},
		{"head odd", ring.WordHead, []uint64{toClient + head, 1}},
		{"head largest", ring.WordHead, []uint64{toClient + head, ^uint64(0)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := []string{"set"}
			for _, v := range tc.set {
				args = append(args, fmt.Sprint(v))
			}
			daemon, client := start(t, ring.Params{ToDaemon: 4096, ToClient: 4096}, args...)
			// The violation of head shows when the producer needs to know it; the datapath asks now and then.
			w := &worker{Endpoint: daemon, lossy: true}
			err := w.serveProbing()
			var violation *ring.CorruptError
			if !errors.As(err, &violation) || violation.Word != tc.word {
				t.Errorf("%v, want a violation of %s", err, tc.word)
			}
			closeAll(t, daemon)
			client.wait(t)
		})
	}
}

// serveProbing is serve with a look at the other ring's index at every turn.
func (w *worker) serveProbing() error {
	for {
		w.Tx.Space()
		if _, err := w.batch(); err != nil {
			return err
		}
		if w.Rx.Arm() {
			continue
		}
		if _, err := w.Doorbell().Poll(-1, -1); err != nil {
			return peerGone(err)
		}
	}
}

// TestCScribbler has another process rewrite the whole file while the daemon works on it.
func TestCScribbler(t *testing.T) {
	for seed := range 20 {
		daemon, client := start(t, ring.Params{ToDaemon: 1024, ToClient: 1024}, "scribble", fmt.Sprint(seed))
		w := &worker{Endpoint: daemon, lossy: true}
		var err error
		for range 20_000 { // An honest end cannot be expected: the worker leaves then.
			daemon.Tx.Space()
			if _, err = w.batch(); err != nil {
				break
			}
			daemon.Rx.Arm()
			if _, err = daemon.Doorbell().Drain(); err != nil {
				break
			}
		}
		if err != nil && !errors.Is(err, ring.ErrCorrupt) && !errors.Is(err, io.EOF) {
			t.Errorf("seed %d: %v", seed, err)
		}
		closeAll(t, daemon)
		client.wait(t)
	}
}

// TestCFlood: a client that floods the doorbell and drains nothing is served like any other.
func TestCFlood(t *testing.T) {
	daemon, client := start(t, ring.Params{ToDaemon: 64 << 10, ToClient: 64 << 10}, "flood", "2000")
	w := &worker{Endpoint: daemon, lossy: true}
	if err := w.serve(); !errors.Is(err, io.EOF) || w.received != 2000 {
		t.Errorf("%v after %d of 2000 records", err, w.received)
	}
	closeAll(t, daemon)
	client.wait(t)
}

// TestCMute: a client that never reads, never drains and clears O_NONBLOCK loses its own SDUs, counted.
func TestCMute(t *testing.T) {
	daemon, client := start(t, ring.Params{ToDaemon: 4096, ToClient: 4096}, "mute", "5000")
	w := &worker{Endpoint: daemon, lossy: true}
	if err := w.serve(); !errors.Is(err, io.EOF) || w.received != 5000 {
		t.Errorf("%v after %d of 5000 records", err, w.received)
	}
	for range 10_000 { // Its doorbell is full and nobody drains it.
		daemon.Doorbell().Ring()
	}
	dropped, octets := daemon.Tx.Dropped()
	if dropped == 0 || octets == 0 || dropped >= 5000 {
		t.Errorf("%d records of %d octets dropped", dropped, octets)
	}
	closeAll(t, daemon)
	client.wait(t)
}

// TestCDescriptors: descriptors sent over the doorbell never arrive in the daemon. A kernel that cannot refuse them has the
// client lose its doorbell.
func TestCDescriptors(t *testing.T) {
	before := allDescriptors(t)
	daemon, client := start(t, ring.Params{ToDaemon: 64 << 10, ToClient: 64 << 10}, "descriptors", "1000")
	w := &worker{Endpoint: daemon}
	want, records := io.EOF, 100
	if !daemon.Doorbell().RefusesDescriptors() {
		want, records = ring.ErrPeerGone, 0
	}
	if err := w.serve(); !errors.Is(err, want) || w.received != records {
		t.Errorf("%v after %d of %d records", err, w.received, records)
	}
	closeAll(t, daemon) // The mark of the end and, with the doorbell, what it still holds of the client's descriptors.
	client.wait(t)
	if after := allDescriptors(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestCResize: the seals hold against the client; a hole that it punches costs it the VC.
func TestCResize(t *testing.T) {
	daemon, client := start(t, ring.Params{ToDaemon: 4096, ToClient: 4096}, "resize")
	w := &worker{Endpoint: daemon, lossy: true}
	if err := w.serveProbing(); !errors.Is(err, ring.ErrCorrupt) || w.received != 3 {
		t.Errorf("%v after %d records", err, w.received)
	}
	closeAll(t, daemon)
	client.wait(t)
}

// TestCGone: a client that shuts its doorbell down, or is killed, is gone after what it had published.
func TestCGone(t *testing.T) {
	for _, mode := range []string{"shutdown", "die"} {
		t.Run(mode, func(t *testing.T) {
			daemon, client := start(t, ring.Params{ToDaemon: 4096, ToClient: 4096}, mode)
			w := &worker{Endpoint: daemon, lossy: true}
			if err := w.serve(); !errors.Is(err, ring.ErrPeerGone) || w.received != 3 {
				t.Errorf("%v after %d of 3 records", err, w.received)
			}
			closeAll(t, daemon)
			_ = client.cmd.Process.Kill()
			_ = client.cmd.Wait()
		})
	}
}

// allDescriptors counts the process's descriptors of every kind.
func allDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
