package client

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"callmanager/datapath/ring"
)

// Recv receives one SDU into buf; the returned Payload is the beginning of buf.
// It blocks until one comes, the context ends or the call does.
//
// After what had arrived it returns [io.EOF] once the call has ended, and then
// [VC.Err] says why; or an error that wraps [ErrDisconnected] if the daemon has died
// with it; after Close [net.ErrClosed]. A buf shorter than the SDU gives [io.ErrShortBuffer] and the
// SDU stays; [VC.MaxReceive] octets are enough.
func (v *VC) Recv(ctx context.Context, buf []byte) (SDU, error) {
	n, m, err := v.ep.Receive(ctx, buf)
	if err != nil {
		return SDU{}, v.receiveError(ctx, err)
	}
	return newSDU(buf[:n], m), nil
}

// Read receives one SDU into p, as Recv does, and returns its size.
func (v *VC) Read(p []byte) (int, error) {
	s, err := v.Recv(context.Background(), p)
	return len(s.Payload), err
}

// RecvBatch receives up to len(dst) SDUs and returns how many; it blocks until
// there is at least one. Each SDU is copied into its element's Payload, whose
// capacity must be enough for it, as for Recv.
func (v *VC) RecvBatch(ctx context.Context, dst []SDU) (n int, err error) {
	if !v.ep.Enter() {
		return 0, net.ErrClosed
	}
	defer v.ep.Leave()
	for len(dst) > 0 {
		n, err = v.takeBatch(dst)
		if n > 0 || err != nil {
			return n, v.receiveError(ctx, err)
		}
		if err = v.ep.WaitReadable(ctx); err != nil {
			return 0, v.receiveError(ctx, err)
		}
	}
	return 0, nil
}

// takeBatch copies what is in the ring. The end of file and errors wait for the
// next call if something was taken.
func (v *VC) takeBatch(dst []SDU) (n int, err error) {
	var last ring.Record
	for n < len(dst) {
		rec, ok := v.ep.Rx.Next()
		if !ok {
			err = v.ep.Rx.Err()
			break
		}
		if len(rec.Payload) > cap(dst[n].Payload) {
			err = io.ErrShortBuffer
			break
		}
		buf := dst[n].Payload[:len(rec.Payload)]
		copy(buf, rec.Payload)
		dst[n] = newSDU(buf, rec.Meta)
		last = rec
		n++
	}
	if n > 0 {
		v.ep.Rx.ReleaseThrough(&last)
		err = nil
	}
	v.ep.Rx.Rewind()
	return n, err
}

// newSDU joins a payload and what the ring carried beside it.
func newSDU(payload []byte, m ring.Meta) SDU {
	return SDU{Payload: payload, UU: m.UU, CLP: m.Flags&ring.CLP != 0, Congestion: m.Flags&ring.EFCI != 0}
}

// receiveError replaces the ring's errors by those that this package documents.
func (v *VC) receiveError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		v.awaitReason(ctx)
	case errors.Is(err, ring.ErrPeerGone):
		return v.lost()
	case err != nil && err == ctx.Err(): //nolint:errorlint // the very error of this context
		return context.Cause(ctx)
	}
	return err
}

// reasonTimeout bounds how much later than the end of the ring a daemon may say why.
const reasonTimeout = time.Second

// awaitReason waits until Err tells why the call has ended: the ring's end comes by memory, the
// reason behind it by a message.
func (v *VC) awaitReason(ctx context.Context) {
	if v.shutting.Load() {
		return // closed here
	}
	ctx, cancel := context.WithTimeout(ctx, reasonTimeout)
	defer cancel()
	select {
	case <-v.released:
	case <-v.live.Done(): // closed here meanwhile
	case <-ctx.Done():
	}
}
