package nicio_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"callmanager/nicio"
)

// TestRefusedFrames walks the verdicts: what the kernel says in turn about frames of a batch of
// three.
func TestRefusedFrames(t *testing.T) {
	for _, row := range []struct {
		name     string
		errnos   []unix.Errno // 0 takes one frame.
		consumed int
		goOn     bool // After the last.
		want     nicio.Stats
	}{
		{"signal", []unix.Errno{unix.EINTR}, 0, true, nicio.Stats{}},
		{"send buffer full", []unix.Errno{0, unix.EAGAIN}, 1, false, nicio.Stats{TxFrames: 1, TxPartial: 1, TxBusy: 1}},
		{"oversize dies alone", []unix.Errno{unix.EMSGSIZE, 0, 0}, 3, true, nicio.Stats{TxFrames: 2, TxPartial: 1, TxOversize: 1}},
		{"malformed dies alone", []unix.Errno{0, unix.EINVAL, 0}, 3, true, nicio.Stats{TxFrames: 2, TxPartial: 1, TxInvalid: 1}},
		{"unknown error dies alone", []unix.Errno{unix.EIO, unix.EFAULT, unix.EPERM}, 3, true, nicio.Stats{TxErrors: 3}},
		{"first ENETDOWN is resent", []unix.Errno{unix.ENETDOWN, 0}, 1, true, nicio.Stats{TxFrames: 1, TxPartial: 1, TxRetryDown: 1}},
		{
			"second ENETDOWN drops the rest",
			[]unix.Errno{0, unix.ENETDOWN, unix.ENETDOWN},
			3, true,
			nicio.Stats{TxFrames: 1, TxPartial: 1, TxRetryDown: 1, TxDown: 2},
		},
		{"absent drops the rest", []unix.Errno{unix.ENXIO}, 3, true, nicio.Stats{TxAbsent: 3}},
		{
			"no buffers, then room",
			[]unix.Errno{unix.ENOBUFS, unix.ENOBUFS, 0},
			1, true,
			nicio.Stats{TxFrames: 1, TxPartial: 1, TxRetryNoBuffer: 2},
		},
		{
			"no buffers is back-pressure",
			[]unix.Errno{unix.ENOBUFS, unix.ENOMEM, unix.ENOBUFS, unix.ENOBUFS},
			0, false,
			nicio.Stats{TxRetryNoBuffer: 3, TxBusy: 1},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p nicio.Transmitter
			a := p.Attempt(make([]nicio.TxFrame, 3))
			goOn := true
			for _, errno := range row.errnos {
				if !goOn {
					t.Fatal("gave up early")
				}
				if errno == 0 {
					a.Sent(1)
					continue
				}
				goOn = a.Failed(errno)
			}
			if got := a.Settle(); got != row.consumed || goOn != row.goOn {
				t.Errorf("consumed %d, go on %v, want %d, %v", got, goOn, row.consumed, row.goOn)
			}
			got := p.Stats()
			got.TxBatches = 0
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("counters (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStuckFrame proves the bound: a device that never has buffers costs a frame in StuckLimit
// calls, not the worker.
func TestStuckFrame(t *testing.T) {
	var p nicio.Transmitter
	frames := make([]nicio.TxFrame, 1)
	for call := 1; ; call++ {
		a := p.Attempt(frames)
		for a.Failed(unix.ENOBUFS) && a.Consumed() == 0 {
			continue
		}
		if a.Consumed() == 0 {
			if call >= nicio.StuckLimit {
				t.Fatalf("frame still there after %d calls", call)
			}
			continue
		}
		if s := p.Stats(); call != nicio.StuckLimit || s.TxNoBuffer != 1 || s.TxBusy != nicio.StuckLimit-1 {
			t.Errorf("dropped in call %d, %d dropped, %d busy", call, s.TxNoBuffer, s.TxBusy)
		}
		return
	}
}

// TestTransmitConservation proves that every frame is sent, counted as dropped, or still the
// caller's.
func TestTransmitConservation(t *testing.T) {
	errnos := []unix.Errno{
		0, 0, 0, unix.EAGAIN, unix.EINTR, unix.ENOBUFS, unix.ENOBUFS, unix.ENETDOWN, unix.ENXIO, unix.EMSGSIZE,
		unix.EINVAL, unix.EIO, unix.ENOMEM, unix.ENODEV,
	}
	var p nicio.Transmitter
	rapid.Check(t, func(t *rapid.T) {
		before := outcomes(p.Stats())
		total := rapid.IntRange(1, nicio.BatchSize).Draw(t, "frames")
		a := p.Attempt(make([]nicio.TxFrame, total))
		left := total
		for goOn := true; goOn && left > 0; {
			errno := rapid.SampledFrom(errnos).Draw(t, "errno")
			if errno == 0 {
				a.Sent(rapid.IntRange(1, left).Draw(t, "taken"))
			} else {
				goOn = a.Failed(errno)
			}
			left = total - a.Consumed()
			if left < 0 {
				t.Fatalf("%d frames too many consumed", -left)
			}
		}
		consumed := a.Settle()
		if got := outcomes(p.Stats()) - before; got != uint64(consumed) {
			t.Fatalf("%d frames consumed, %d accounted for", consumed, got)
		}
	})
}

// outcomes adds up all fates of a consumed frame.
func outcomes(s nicio.Stats) uint64 {
	return s.TxFrames + s.TxDown + s.TxAbsent + s.TxOversize + s.TxInvalid + s.TxNoBuffer + s.TxErrors
}
