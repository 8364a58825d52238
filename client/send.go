package client

import (
	"context"
	"errors"
	"net"

	"callmanager/datapath/ring"
)

// Send sends one SDU. It blocks while the ring is full, until there is room, the
// context ends or the call does. The payload is copied.
//
// It returns the context's error, [ErrTooLarge], [ErrReleased] once the other side or a
// fault has ended the call, [net.ErrClosed] once the VC has been closed here, and
// an error that wraps [ErrDisconnected] when the daemon is gone. Nothing of the
// SDU is sent then.
func (v *VC) Send(ctx context.Context, s SDU) error {
	if !v.enter() {
		return v.sendEnded()
	}
	defer v.ep.Leave()
	err := v.push(ctx, &s, v.MaxSend())
	v.ep.Tx.Flush()
	return err
}

// Write sends p as one SDU, with UU and CLP zero.
func (v *VC) Write(p []byte) (int, error) {
	if err := v.Send(context.Background(), SDU{Payload: p}); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SendBatch sends SDUs in order and returns how many it has put into the ring.
// It blocks until all are in, or one cannot be sent: then the error is one of
// Send's and those before it are sent all the same.
func (v *VC) SendBatch(ctx context.Context, sdus []SDU) (n int, err error) {
	if !v.enter() {
		return 0, v.sendEnded()
	}
	defer v.ep.Leave()
	limit := v.MaxSend()
	for n < len(sdus) && err == nil {
		if err = v.push(ctx, &sdus[n], limit); err == nil {
			n++
		}
	}
	v.ep.Tx.Flush()
	return n, err
}

// enter begins the use of the ring unless nothing can be sent any more.
func (v *VC) enter() bool { return v.live.Err() == nil && v.ep.Enter() }

// sendEnded says why enter has failed.
func (v *VC) sendEnded() error {
	if v.shutting.Load() {
		return net.ErrClosed
	}
	return context.Cause(v.live)
}

// push puts one SDU into the ring, as soon as it has room.
func (v *VC) push(ctx context.Context, s *SDU, limit int) error {
	if len(s.Payload) == 0 || len(s.Payload) > limit {
		return ErrTooLarge
	}
	for {
		err := v.ep.Tx.TryPush(ring.Record{Meta: s.meta(), Payload: s.Payload})
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ring.ErrTooLarge):
			return ErrTooLarge
		case !errors.Is(err, ring.ErrFull):
			return err
		}
		if err := v.awaitRoom(ctx, len(s.Payload)); err != nil {
			return err
		}
	}
}

// awaitRoom waits for room in the ring, the context or the end of the call.
func (v *VC) awaitRoom(ctx context.Context, n int) error {
	wait := v.join(ctx)
	err := v.ep.WaitWritable(wait, n)
	switch {
	case err != nil && wait.Err() != nil:
		return context.Cause(wait)
	case errors.Is(err, ring.ErrPeerGone):
		return v.lost()
	}
	return err
}

// joined is a context that ends with a caller's and with the VC's life. It is kept,
// since callers tend to come with the same context again.
type joined struct {
	of     context.Context //nolint:containedctx // what ctx was made of
	ctx    context.Context //nolint:containedctx // see above
	cancel context.CancelCauseFunc
	stop   func() bool
}

// join returns a context that ends with ctx and with the VC's life.
func (v *VC) join(ctx context.Context) context.Context {
	j := &v.joined
	switch {
	case ctx.Done() == nil:
		return v.live
	case j.of == ctx:
		return j.ctx
	case j.stop != nil && j.stop():
		j.cancel(nil)
	}
	j.of = ctx
	j.ctx, j.cancel = context.WithCancelCause(ctx)
	cancel := j.cancel
	j.stop = context.AfterFunc(v.live, func() { cancel(context.Cause(v.live)) })
	return j.ctx
}

// lost says why the daemon's end of the rings has gone.
func (v *VC) lost() error {
	if err := v.conn.Err(); err != nil {
		return err
	}
	return ErrDisconnected
}

// meta returns what the ring carries beside the payload.
func (s *SDU) meta() ring.Meta {
	m := ring.Meta{UU: s.UU}
	if s.CLP {
		m.Flags |= ring.CLP
	}
	if s.Congestion {
		m.Flags |= ring.EFCI
	}
	return m
}
