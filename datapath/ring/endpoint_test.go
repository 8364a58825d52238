package ring_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/datapath/ring"
)

func TestCreateSealsTheFile(t *testing.T) {
	daemon, fds, err := ring.Create(ring.Params{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, daemon)
	want, err := ring.Params{}.Octets()
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fds.Memory, &st); err != nil || st.Size != int64(want) {
		t.Errorf("file of %d octets, Params say %d, error %v", st.Size, want, err)
	}
	for _, size := range []int64{0, st.Size - 4096, st.Size + 4096} {
		if err := unix.Ftruncate(fds.Memory, size); !errors.Is(err, unix.EPERM) {
			t.Errorf("ftruncate to %d: %v, want EPERM", size, err)
		}
	}
	if _, err := unix.FcntlInt(uintptr(fds.Memory), unix.F_ADD_SEALS, unix.F_SEAL_WRITE); !errors.Is(err, unix.EPERM) {
		t.Errorf("adding a seal: %v, want EPERM", err)
	}
	for _, fd := range []int{fds.Memory, fds.Doorbell, daemon.Doorbell().Fd()} {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d: flags %#x, error %v: not close-on-exec", fd, flags, err)
		}
	}
	if err := fds.Close(); err != nil {
		t.Error(err)
	}
	if rung, err := daemon.Doorbell().Drain(); rung || !errors.Is(err, io.EOF) {
		t.Errorf("doorbell without a client: %v, %v", rung, err)
	}
}

func TestParams(t *testing.T) {
	for _, tc := range []struct {
		params ring.Params
		octets int // 0: refused.
	}{
		{ring.Params{}, 4096 + 2*ring.DefaultSize},
		{ring.Params{ToDaemon: 1, ToClient: 1}, 3 * 4096},
		{ring.Params{ToDaemon: 4097, ToClient: 4096}, 4096 + 8192 + 4096},
		{ring.Params{ToDaemon: -1}, 0},
		{ring.Params{ToClient: ring.MaxSize + 1}, 0},
	} {
		got, err := tc.params.Octets()
		if got != tc.octets || (err != nil) != (tc.octets == 0) {
			t.Errorf("%+v: %d octets, error %v, want %d", tc.params, got, err, tc.octets)
		}
		if err == nil {
			continue
		}
		if _, _, err := ring.Create(tc.params); err == nil {
			t.Errorf("Create(%+v) succeeded", tc.params)
		}
		if _, _, err := ring.New(tc.params, nil, nil); err == nil {
			t.Errorf("New(%+v) succeeded", tc.params)
		}
	}
}

// TestOpenRefuses: Open checks everything it is given, closes both descriptors whatever happens, and maps nothing.
func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		mangle func(t *testing.T, fds *ring.Descriptors)
	}{
		{"bad magic", poke(0x00, 1)},
		{"version 0", poke(0x08, 4096<<32)},
		{"version 2", poke(0x08, 4096<<32|2)},
		{"longer header", poke(0x08, 8192<<32|1)},
		{"file octets too small", poke(0x10, 4096)},
		{"file octets too large", poke(0x10, 1<<40)},
		{"records inside the header", poke(0x18, 0)},
		{"records not at a page", poke(0x18, 4096+8)},
		{"records beyond the file", poke(0x18, 1<<40)},
		{"records' end overflows", poke(0x18, ^uint64(4095))},
		{"rings overlap", poke(0x18, 4096+ring.DefaultSize)},
		{"size is no power of two", poke(0x20, 4096*3)},
		{"size 0", poke(0x20, 0)},
		{"size leaves the file", poke(0x30, ring.DefaultSize*2)},
		{"size too large", poke(0x30, 1<<62)},
		{"memory is not sealed", replaceMemory(func() (int, error) { return unix.MemfdCreate("x", 0) })},
		{"memory is a pipe", replaceMemory(func() (int, error) {
			var p [2]int
			err := unix.Pipe(p[:])
			_ = unix.Close(p[0])
			return p[1], err
		})},
		{"memory is too short", replaceMemory(func() (int, error) {
			fd, err := unix.MemfdCreate("x", unix.MFD_ALLOW_SEALING)
			if err == nil {
				_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW)
			}
			return fd, err
		})},
		{"memory is closed", replaceMemory(func() (int, error) { return -1, nil })},
		{"doorbell is closed", replaceDoorbell(func() (int, error) { return -1, nil })},
		{"doorbell is a file", replaceDoorbell(func() (int, error) { return unix.MemfdCreate("x", 0) })},
		{"doorbell is a datagram socket", replaceDoorbell(func() (int, error) {
			return unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := openDescriptors()
			daemon, fds, err := ring.Create(ring.Params{})
			if err != nil {
				t.Fatal(err)
			}
			tc.mangle(t, &fds)
			if client, err := ring.Open(fds); err == nil {
				t.Error("opened")
				closeAll(t, client)
			}
			closeAll(t, daemon)
			if after := openDescriptors(); after != before {
				t.Errorf("%d descriptors before, %d after", before, after)
			}
		})
	}
}

// poke overwrites one word of the file.
func poke(offset int64, value uint64) func(*testing.T, *ring.Descriptors) {
	return func(t *testing.T, fds *ring.Descriptors) {
		t.Helper()
		var b [8]byte
		for i := range b {
			b[i] = byte(value >> (8 * i))
		}
		if _, err := unix.Pwrite(fds.Memory, b[:], offset); err != nil {
			t.Fatal(err)
		}
	}
}

// replaceMemory gives Open another file.
func replaceMemory(open func() (int, error)) func(*testing.T, *ring.Descriptors) {
	return func(t *testing.T, fds *ring.Descriptors) {
		t.Helper()
		replace(t, &fds.Memory, open)
	}
}

// replaceDoorbell gives Open another socket.
func replaceDoorbell(open func() (int, error)) func(*testing.T, *ring.Descriptors) {
	return func(t *testing.T, fds *ring.Descriptors) {
		t.Helper()
		replace(t, &fds.Doorbell, open)
	}
}

func replace(t *testing.T, fd *int, open func() (int, error)) {
	t.Helper()
	other, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(*fd); err != nil {
		t.Fatal(err)
	}
	*fd = other
}

func TestOpenClosesTheMemoryDescriptor(t *testing.T) {
	before := openDescriptors()
	daemon, client := newShared(t, ring.Params{})
	if n := openDescriptors() - before; n != 2 {
		t.Errorf("%d descriptors for both ends, want the two of the doorbell", n)
	}
	closeAll(t, daemon, client)
	if after := openDescriptors(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestPunch: the kernel has the pages back, though both sides still map them; what is left reads as zero.
func TestPunch(t *testing.T) {
	daemon, fds, err := ring.Create(ring.Params{})
	if err != nil {
		t.Fatal(err)
	}
	probe, err := unix.FcntlInt(uintptr(fds.Memory), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(probe) }()
	client, err := ring.Open(fds)
	if err != nil {
		t.Fatal(err)
	}
	for client.Tx.TryPush(numbered(1, 1492)) == nil {
	}
	client.Tx.Flush()
	space := client.Tx.Space()
	if blocks(t, probe) < ring.DefaultSize/512/2 {
		t.Fatalf("%d blocks in a full ring", blocks(t, probe))
	}
	if err := daemon.Punch(); err != nil {
		t.Fatal(err)
	}
	closeAll(t, daemon)
	if n := blocks(t, probe); n != 0 {
		t.Errorf("%d blocks left after Punch and Close", n)
	}
	if client.Tx.Space() != space || client.Tx.Err() != nil {
		t.Errorf("client after the punch: space %d, error %v", client.Tx.Space(), client.Tx.Err())
	}
	closeAll(t, client)
	if err := daemon.Punch(); err != nil {
		t.Errorf("Punch after Close: %v", err)
	}
}

func blocks(t *testing.T, fd int) int64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	return st.Blocks
}

func TestClose(t *testing.T) {
	for _, of := range memories {
		t.Run(of.name, func(t *testing.T) {
			daemon, client := of.open(t, ring.Params{})
			if !daemon.Enter() {
				t.Fatal("Enter failed")
			}
			for range 2 {
				if err := daemon.Close(); err != nil {
					t.Error(err)
				}
			}
			<-daemon.Stopped()
			if daemon.Enter() {
				t.Error("Enter succeeded after Close")
			}
			select {
			case <-daemon.Done():
				t.Fatal("memory is gone while a user is inside")
			default:
			}
			push(t, daemon.Tx, numbered(1, 8)) // The user inside may still work.
			daemon.Leave()
			<-daemon.Done()
			if err := daemon.Send(t.Context(), ring.Record{}); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send: %v", err)
			}
			if _, _, err := daemon.Receive(t.Context(), nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Receive: %v", err)
			}
			// The other party reads what was committed, and then the end of file.
			wantNext(t, client.Rx, numbered(1, 8))
			if _, _, err := client.Receive(t.Context(), nil); !errors.Is(err, io.EOF) {
				t.Errorf("peer's Receive: %v, want EOF", err)
			}
		})
	}
}

// TestWaitEnds: each wait, while it sleeps, ends by the context, by Close, by the peer's going, and by what it waits for.
func TestWaitEnds(t *testing.T) {
	errLate := errors.New("late")
	for _, tc := range []struct {
		name string
		end  func(cancel context.CancelCauseFunc, own, peer *ring.Endpoint)
		want error
	}{
		{"context", func(cancel context.CancelCauseFunc, _, _ *ring.Endpoint) { cancel(errLate) }, context.Canceled},
		{"close", func(_ context.CancelCauseFunc, own, _ *ring.Endpoint) { _ = own.Close() }, net.ErrClosed},
		{"peer gone", func(_ context.CancelCauseFunc, _, peer *ring.Endpoint) { _ = peer.Close() }, ring.ErrPeerGone},
	} {
		t.Run("writable/"+tc.name, func(t *testing.T) {
			for _, of := range memories {
				t.Run(of.name, func(t *testing.T) {
					daemon, client := of.open(t, ring.Params{ToDaemon: 64, ToClient: 64})
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					for client.Send(ctx, numbered(1, 24)) == nil && client.Tx.Space() > 0 {
					}
					got := inBackground(func() error { return client.Send(ctx, numbered(2, 24)) })
					awaitFlag(client.Tx.Shared().Waits.Load)
					tc.end(cancel, client, daemon)
					if err := <-got; !errors.Is(err, tc.want) {
						t.Errorf("Send: %v, want %v", err, tc.want)
					}
				})
			}
		})
		t.Run("readable/"+tc.name, func(t *testing.T) {
			for _, of := range memories {
				t.Run(of.name, func(t *testing.T) {
					daemon, client := of.open(t, ring.Params{})
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					got := inBackground(func() error { _, _, err := client.Receive(ctx, nil); return err })
					awaitFlag(client.Rx.Shared().Sleep.Load)
					tc.end(cancel, client, daemon)
					want := tc.want
					if errors.Is(want, ring.ErrPeerGone) {
						want = io.EOF // Closing marks the end of file.
					}
					if err := <-got; !errors.Is(err, want) {
						t.Errorf("Receive: %v, want %v", err, want)
					}
				})
			}
		})
	}
}

// TestPeerDies: a process that is killed marks no end of file; its doorbell says that it is gone, after what it
// had published.
func TestPeerDies(t *testing.T) {
	daemon, fds, err := ring.Create(ring.Params{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, daemon)
	got := inBackground(func() error { _, _, err := daemon.Receive(t.Context(), nil); return err })
	awaitFlag(daemon.Rx.Shared().Sleep.Load)
	shared := daemon.Rx.Shared()
	shared.Words[0] = ring.Header(0, ring.Meta{}, 0) // It dies between publishing and ringing.
	shared.Tail.Store(8)
	if err := fds.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("Receive of its last record: %v", err)
	}
	if _, _, err := daemon.Receive(t.Context(), nil); !errors.Is(err, ring.ErrPeerGone) {
		t.Errorf("Receive: %v, want ErrPeerGone", err)
	}
	if !daemon.Doorbell().Gone() {
		t.Error("doorbell does not say that the peer is gone")
	}
}

func TestReceiveShortBuffer(t *testing.T) {
	for _, of := range memories {
		t.Run(of.name, func(t *testing.T) {
			daemon, client := of.open(t, ring.Params{})
			want := numbered(3, 100)
			if err := client.Send(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			if n, m, err := daemon.Receive(t.Context(), make([]byte, 99)); n != 100 || m != want.Meta || !errors.Is(err, io.ErrShortBuffer) {
				t.Errorf("Receive into 99 octets = %d, %v, %v", n, m, err)
			}
			buf := make([]byte, 100)
			n, m, err := daemon.Receive(t.Context(), buf)
			if got := (ring.Record{Meta: m, Payload: buf[:n]}); err != nil || !got.Equal(want) {
				t.Errorf("Receive = %v, %v", got, err)
			}
			if err := client.Send(t.Context(), ring.Record{Payload: make([]byte, client.Tx.MaxPayload()+1)}); !errors.Is(err, ring.ErrTooLarge) {
				t.Errorf("Send beyond the maximum: %v", err)
			}
		})
	}
}

// TestCustomRinger: an end with a Ringer of its own is woken by it, once for each time it armed.
func TestCustomRinger(t *testing.T) {
	wake := ring.NewSignal()
	daemon, client, err := ring.New(ring.Params{ToDaemon: 64}, wake, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, daemon, client)
	push(t, client.Tx, numbered(1, 8))
	client.Tx.Flush()
	if len(wake) != 0 {
		t.Error("rung though nobody sleeps")
	}
	if !daemon.Rx.Arm() {
		t.Error("Arm does not see the record")
	}
	daemon.Rx.Discard()
	if daemon.Rx.Arm() {
		t.Error("Arm of an empty ring is ready")
	}
	for i := range 2 {
		push(t, client.Tx, numbered(i, 8))
		client.Tx.Flush()
	}
	if len(wake) != 1 {
		t.Errorf("%d rings for one Arm", len(wake))
	}
	empty(wake)
	daemon.Rx.Discard()
	if daemon.Rx.Arm() {
		t.Error("Arm of an empty ring is ready")
	}
	client.Tx.Close()
	if len(wake) != 1 {
		t.Error("a sleeping consumer is not rung at the end of file")
	}
}

// ringerFunc is a Ringer that looks around when it is rung.
type ringerFunc func()

func (f ringerFunc) Ring() { f() }

// TestRungAfterStore: who is rung finds the reason for it at once.
func TestRungAfterStore(t *testing.T) {
	var daemon, client *ring.Endpoint
	var reason func() bool
	var rings int
	look := ringerFunc(func() {
		if rings++; !reason() {
			t.Errorf("ring %d before its reason is stored", rings)
		}
	})
	daemon, client, err := ring.New(ring.Params{ToDaemon: 64}, look, look)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, daemon, client)
	daemon.Rx.Arm()
	reason = func() bool { return daemon.Rx.Pending() > 0 }
	for client.Tx.TryPush(numbered(1, 8)) == nil {
	}
	client.Tx.Flush()
	client.Tx.Arm(24)
	reason = func() bool { return client.Tx.Empty() }
	daemon.Rx.Discard()
	daemon.Rx.Arm()
	reason = func() bool { daemon.Rx.Next(); return daemon.Rx.EOF() }
	client.Tx.Close()
	if rings != 3 {
		t.Errorf("%d rings, want 3: for records, for room, for the end of file", rings)
	}
}

// TestProducerWokenAtHalf: a waiting producer is rung by the release that frees half of the ring, not before.
func TestProducerWokenAtHalf(t *testing.T) {
	wake := ring.NewSignal()
	daemon, client, err := ring.New(ring.Params{ToDaemon: 512}, nil, wake)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, daemon, client)
	for client.Tx.TryPush(numbered(1, 8)) == nil {
	}
	client.Tx.Flush()
	if client.Tx.Arm(8) {
		t.Fatal("Arm of a full ring is ready")
	}
	for i := range 32 {
		wantNext(t, daemon.Rx, numbered(1, 8))
		daemon.Rx.Release()
		if want := i >= 15; (len(wake) == 1) != want {
			t.Fatalf("after %d of 32 records: rung %v, want %v", i+1, len(wake) == 1, want)
		}
	}
}

// TestCloseWhileBusy closes endpoints at any moment of their users' work: the users must meet net.ErrClosed or the end of
// file, never unmapped memory.
func TestCloseWhileBusy(t *testing.T) {
	for round := range 60 {
		for _, of := range memories {
			t.Run(of.name, func(t *testing.T) {
				daemon, client := of.open(t, ring.Params{ToDaemon: 256, ToClient: 256})
				var users sync.WaitGroup
				busy := make(chan struct{}, 4)
				for _, e := range []*ring.Endpoint{daemon, client} {
					users.Go(func() {
						busy <- struct{}{}
						for i := 0; ; i++ {
							if err := e.Send(t.Context(), numbered(i, i%100)); err != nil {
								mustBeEnd(t, err)
								return
							}
						}
					})
					users.Go(func() {
						buf := make([]byte, 128)
						busy <- struct{}{}
						for {
							if _, _, err := e.Receive(t.Context(), buf); err != nil {
								mustBeEnd(t, err)
								return
							}
						}
					})
				}
				for range cap(busy) {
					<-busy
				}
				ends := []*ring.Endpoint{daemon, client}
				_ = ends[round%2].Close()
				_ = ends[1-round%2].Close()
				users.Wait()
			})
		}
	}
}

func mustBeEnd(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) && !errors.Is(err, ring.ErrPeerGone) {
		t.Error(err)
	}
}

// TestEnterLeaveClose has many users enter and leave while one closes: the teardown runs once, after the last.
func TestEnterLeaveClose(t *testing.T) {
	for range 200 {
		daemon, client := newShared(t, ring.Params{ToDaemon: 64, ToClient: 64})
		var users sync.WaitGroup
		for range 4 {
			users.Go(func() {
				for daemon.Enter() {
					_ = daemon.Rx.Readable() // Faults if it is unmapped.
					daemon.Leave()
				}
			})
		}
		_ = daemon.Close()
		<-daemon.Done()
		users.Wait()
		closeAll(t, client)
	}
}

// inBackground runs f in a goroutine.
func inBackground(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// awaitFlag waits until a side has announced in shared memory that it sleeps.
func awaitFlag(load func() uint32) {
	for load() == 0 {
		ring.SpinAnywhere(func() bool { return load() != 0 })
	}
}

// TestCorruptErrorText: errors print the words of RING.md.
func TestCorruptErrorText(t *testing.T) {
	err := fmt.Errorf("vc 0/32: %w", &ring.CorruptError{Word: ring.WordHeader, Value: 0xFF, Head: 8, Tail: 16})
	if want := "vc 0/32: ring: record header is 0xff while head is 0x8 and tail 0x10"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if !errors.Is(err, ring.ErrCorrupt) || errors.Is(err, os.ErrClosed) {
		t.Error("errors.Is does not tell")
	}
	if got := []string{ring.WordTail.String(), ring.WordHead.String(), ring.Word(9).String()}; fmt.Sprint(got) != "[tail head word 9]" {
		t.Errorf("words %v", got)
	}
}
