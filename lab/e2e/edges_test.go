package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"callmanager/client"
	"callmanager/lab"
)

// Edges makes this many calls one after the other in each of its workers: 1000 for each host that is slow.
const edgeCalls = 125

// TestEdges: with 20 ms of delay in the control plane of either host, the SDU that each side sends the
// moment it may and the one that it sends right before it closes arrive. Calls are made from both sides and
// released by both sides.
func TestEdges(t *testing.T) {
	t.Parallel()
	for _, slow := range []string{"alice", "bob"} {
		t.Run("slow "+slow, func(t *testing.T) {
			t.Parallel()
			alice, bob := pair(t, lab.Config{DaemonArgs: map[string][]string{slow: {"--test-control-delay", "20ms"}}})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var workers sync.WaitGroup
			for i := range 8 {
				w := edgeWorker{from: alice, to: bob, sel: uint8(i), calleeReleases: i&1 != 0}
				if i&2 != 0 {
					w.from, w.to = bob, alice
				}
				w.calling, w.called = dial(t, w.from), dial(t, w.to)
				workers.Go(func() {
					for n := range edgeCalls {
						if err := w.call(ctx, n); err != nil {
							cancel(fmt.Errorf("call %d from %s, callee releases: %t: %w", n, w.from.Name, w.calleeReleases, err))
							return
						}
					}
				})
			}
			workers.Wait()
			if err := context.Cause(ctx); err != nil {
				t.Errorf("%v; %s", err, drops(t, alice, bob))
			}
			awaitEmpty(t, alice, bob)
		})
	}
}

// edgeWorker makes calls from one host to another, one at a time.
type edgeWorker struct {
	from, to        *lab.Host
	calling, called *client.Conn
	sel             uint8
	calleeReleases  bool
}

// call makes one call. Each side sends its first SDU as soon as the library gives it the VC. The side
// that does not release sends its last; the other waits for that, sends its own last and closes at once.
func (w *edgeWorker) call(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l, err := w.called.Listen(ctx, client.SAP{Selector: &w.sel})
	if err != nil {
		return err
	}
	calleeDone := make(chan error, 1)
	go func() {
		o, err := l.Accept(ctx)
		var v *client.VC
		if err == nil {
			v, err = o.Accept(ctx)
		}
		if err == nil {
			err = edge(ctx, v, "callee", "caller", n, w.calleeReleases)
		}
		calleeDone <- err
	}()
	v, err := w.calling.Call(ctx, withSelector(w.to, w.sel), nil)
	if err == nil {
		err = edge(ctx, v, "caller", "callee", n, !w.calleeReleases)
	}
	if err != nil {
		err = fmt.Errorf("caller: %w", err)
		cancel()
	}
	if e := <-calleeDone; e != nil && err == nil {
		err = fmt.Errorf("callee: %w", e)
	}
	return errors.Join(err, l.Close())
}

// edge is one side's part of a call.
func edge(ctx context.Context, v *client.VC, self, other string, n int, release bool) error {
	send := func(what string) error {
		if err := v.Send(ctx, client.SDU{Payload: fmt.Appendf(nil, "%s of %s %d", what, self, n)}); err != nil {
			return fmt.Errorf("send the %s: %w", what, err)
		}
		return nil
	}
	buf := make([]byte, v.MaxReceive())
	receive := func(what string) error {
		s, err := v.Recv(ctx, buf)
		if err != nil {
			return fmt.Errorf("receive the %s: %w", what, err)
		}
		if want := fmt.Sprintf("%s of %s %d", what, other, n); string(s.Payload) != want {
			return fmt.Errorf("received %q, want %q", s.Payload, want)
		}
		return nil
	}
	if err := errors.Join(send("first"), receive("first")); err != nil {
		return err
	}
	if release {
		return errors.Join(receive("last"), send("last"), v.Close())
	}
	if err := errors.Join(send("last"), receive("last")); err != nil {
		return err
	}
	if _, err := v.Recv(ctx, buf); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the last: %w, want the end of file", err)
	}
	select { // the end of the ring may be seen before the message that tells why
	case <-v.Released():
	case <-ctx.Done():
		return fmt.Errorf("not told of the release: %w", ctx.Err())
	}
	if end, ok := errors.AsType[*client.Error](v.Err()); !ok || end.Cause.Value != client.NormalClearing {
		return fmt.Errorf("released with %w", v.Err())
	}
	return v.Close()
}
