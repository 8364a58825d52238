package ring_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath/ring"
)

// newBell returns the daemon's end of a doorbell and the client's raw descriptor.
func newBell(t *testing.T) (*ring.Doorbell, int) {
	t.Helper()
	daemon, fds, err := ring.Create(ring.Params{ToDaemon: 64, ToClient: 64})
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(fds.Memory); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unix.Close(fds.Doorbell)
		closeAll(t, daemon)
	})
	return daemon.Doorbell(), fds.Doorbell
}

func TestDoorbellRingsMerge(t *testing.T) {
	daemon, client := newShared(t, ring.Params{})
	for range 100_000 { // Far more than the buffer holds: full is rung already.
		client.Doorbell().Ring()
	}
	var drains int
	for {
		rung, err := daemon.Doorbell().Drain()
		if err != nil {
			t.Fatal(err)
		}
		if !rung {
			break
		}
		drains++
	}
	if drains == 0 || drains > 2 {
		t.Errorf("%d drains for 100000 rings", drains)
	}
	client.Doorbell().Ring()
	if rung, err := daemon.Doorbell().Poll(-1, -1); !rung || err != nil {
		t.Errorf("after a full buffer: rung %v, %v", rung, err)
	}
	if daemon.Doorbell().Gone() || client.Doorbell().Gone() {
		t.Error("a full buffer counts as a peer that is gone")
	}
}

// TestDoorbellFlood: however much the client sends, one Drain reads a bounded part and both calls stay non-blocking.
func TestDoorbellFlood(t *testing.T) {
	bell, fd := newBell(t)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20); err != nil {
		t.Fatal(err)
	}
	flood := make([]byte, 64<<10)
	var sent int
	for {
		n, err := unix.SendmsgN(fd, flood, nil, nil, unix.MSG_DONTWAIT)
		if err != nil {
			break
		}
		sent += n
	}
	var drains int
	for {
		rung, err := bell.Drain()
		if err != nil {
			t.Fatal(err)
		}
		if !rung {
			break
		}
		drains++
	}
	if drains < sent/512 {
		t.Errorf("%d drains took %d octets: more than 512 in one", drains, sent)
	}
}

// TestDoorbellHostilePeer: nothing that the client does to its end blocks, signals or crashes the daemon.
func TestDoorbellHostilePeer(t *testing.T) {
	for _, tc := range []struct {
		name      string
		attack    func(t *testing.T, fd int)
		gone, eof bool
	}{
		{"O_NONBLOCK cleared", func(t *testing.T, fd int) {
			t.Helper()
			if err := unix.SetNonblock(fd, false); err != nil {
				t.Fatal(err)
			}
		}, false, false},
		{"every call is non-blocking by itself", nil, false, false},
		{"never drained", func(t *testing.T, _ int) { t.Helper() }, false, false},
		{"both directions shut down", shutdown(unix.SHUT_RDWR), true, true},
		{"reading shut down", shutdown(unix.SHUT_RD), true, false},
		{"writing shut down", shutdown(unix.SHUT_WR), true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bell, fd := newBell(t)
			if tc.attack != nil {
				tc.attack(t, fd)
			} else if err := unix.SetNonblock(bell.Fd(), false); err != nil {
				t.Fatal(err)
			}
			for range 10_000 {
				bell.Ring()
			}
			var err error
			for rung := true; rung && err == nil; {
				rung, err = bell.Drain()
			}
			if errors.Is(err, io.EOF) != tc.eof || bell.Gone() != tc.gone {
				t.Errorf("Drain: %v, Gone %v; want end of file %v, gone %v", err, bell.Gone(), tc.eof, tc.gone)
			}
		})
	}
}

// TestDoorbellDescriptors: the daemon never takes in a descriptor that the client attaches to a ring, since it would be the
// daemon's thread that closes it, which can block. The kernel refuses to send it, or it stays where it is until the
// doorbell is closed.
func TestDoorbellDescriptors(t *testing.T) {
	for _, wary := range []bool{false, true} {
		t.Run(fmt.Sprintf("wary=%v", wary), func(t *testing.T) {
			daemon, fds, err := ring.Create(ring.Params{ToDaemon: 64, ToClient: 64})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _, _ = unix.Close(fds.Memory), unix.Close(fds.Doorbell) }()
			defer closeAll(t, daemon)
			bell := daemon.Doorbell()
			if wary {
				bell.AdmitDescriptors(t)
			} else if !bell.RefusesDescriptors() {
				t.Skip("this kernel (before Linux 6.16) cannot refuse descriptors for us")
			}
			client := fds.Doorbell
			if _, err := unix.Write(client, []byte{1, 2, 3}); err != nil {
				t.Fatal(err)
			}
			if rung, err := bell.Drain(); !rung || err != nil {
				t.Fatalf("a plain ring: %v, %v", rung, err)
			}
			var pipe [2]int
			if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = unix.Close(pipe[0]) }()
			err = unix.Sendmsg(client, []byte{1}, unix.UnixRights(pipe[1]), nil, unix.MSG_DONTWAIT)
			_ = unix.Close(pipe[1])
			if !wary {
				if !errors.Is(err, unix.EPERM) {
					t.Errorf("attaching a descriptor: %v, want EPERM", err)
				}
				if rung, err := bell.Drain(); rung || err != nil {
					t.Errorf("Drain after what was refused: %v, %v", rung, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if rung, err := bell.Drain(); rung || !errors.Is(err, io.EOF) {
					t.Errorf("Drain: %v, %v, want end of file", rung, err)
				}
			}
			fd := []unix.PollFd{{Fd: int32(pipe[0])}}
			if n, err := unix.Poll(fd, 0); n != 0 || err != nil {
				t.Errorf("the descriptor was taken in and closed: events %#x, %v", fd[0].Revents, err)
			}
			closeAll(t, daemon)
			if n, err := unix.Read(pipe[0], make([]byte, 1)); n != 0 || err != nil { // Waits for the close.
				t.Errorf("after the doorbell was closed: %d octets, %v", n, err)
			}
		})
	}
}

func shutdown(how int) func(*testing.T, int) {
	return func(t *testing.T, fd int) {
		t.Helper()
		if err := unix.Shutdown(fd, how); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDoorbellPollInterrupted: signals, such as those of the runtime, do not end a Poll.
func TestDoorbellPollInterrupted(t *testing.T) {
	daemon, client := newShared(t, ring.Params{})
	thread := make(chan int)
	type result struct {
		rung bool
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- unix.Gettid()
		rung, err := daemon.Doorbell().Poll(time.Minute, -1)
		done <- result{rung, err}
	}()
	tid := <-thread
	asleep := fmt.Appendf(nil, "%d ", unix.SYS_PPOLL)
	for hits, looks := 0, 0; hits < 10 && looks < 10_000; looks++ {
		runtime.Gosched()
		call, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
		if err != nil || !bytes.HasPrefix(call, asleep) {
			continue
		}
		hits++
		if err := unix.Tgkill(unix.Getpid(), tid, unix.SIGURG); err != nil {
			t.Fatal(err)
		}
	}
	client.Doorbell().Ring()
	if r := <-done; !r.rung || r.err != nil {
		t.Errorf("Poll = %v, %v", r.rung, r.err)
	}
}

func TestDoorbellPoll(t *testing.T) {
	daemon, client := newShared(t, ring.Params{})
	bell := daemon.Doorbell()
	if rung, err := bell.Poll(0, -1); rung || err != nil {
		t.Errorf("Poll without a ring: %v, %v", rung, err)
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(pipe[0]) }()
	if err := unix.Close(pipe[1]); err != nil { // The pipe is readable from now on.
		t.Fatal(err)
	}
	if rung, err := bell.Poll(-1, pipe[0]); rung || err != nil {
		t.Errorf("cancelled Poll: %v, %v", rung, err)
	}
	client.Doorbell().Ring()
	if rung, err := bell.Poll(-1, pipe[0]); !rung || err != nil {
		t.Errorf("Poll: %v, %v", rung, err)
	}
	closeAll(t, client)
	for range 2 {
		if rung, err := bell.Poll(-1, -1); rung || !errors.Is(err, io.EOF) {
			t.Errorf("Poll of a dead peer: %v, %v", rung, err)
		}
	}
}
