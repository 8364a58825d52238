package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"callmanager/client"
)

// patientRing is the size in octets of the ring through which a stream's octets come: a call has
// no flow control, and a process on a busy machine may not run, or wait for its output, for seconds.
const patientRing = 8 << 20

// sessionOptions say how a VC is joined to streams.
type sessionOptions struct {
	lines  bool          // one line is one SDU
	echo   bool          // what comes goes back
	linger time.Duration // how long the call is kept after the end of input
	// wait keeps the call after an input that was empty from the start: a listener
	// whose input is closed lets the caller end the call.
	wait bool
}

// session joins one VC to streams until its call ends. in may be nil: then nothing is
// sent, and the other side ends the call.
type session struct {
	sessionOptions
	vc  *client.VC
	in  io.Reader
	out io.Writer
	// slow is told what is waited for, if it is long, until the function that it
	// returns is called.
	slow func(what string) (stop func() bool)

	sending atomic.Bool // an SDU of the input has been read and is not in the ring yet
}

// run moves SDUs both ways until the call ends, closes the VC, and returns nil after normal
// clearing. When the context ends the call is released as if the input had ended, in haste.
func (s *session) run(ctx context.Context) error {
	received, sent := make(chan error, 1), make(chan error, 1)
	go func() { received <- s.runReceiver() }()
	go func() { sent <- s.runSender() }()
	var err error
	ended := false // the receiver has
	for open := true; open; {
		select {
		case err = <-received: // end of file: the other side has released the call, or a fault did
			open, ended = false, true
		case err = <-sent:
			sent = nil
			open = err == nil && s.keep(ctx, received)
		case <-ctx.Done():
			open = false
		}
	}
	defer s.slow("the call ends when what was written has been sent")()
	closeErr := s.close(ctx)
	if !ended {
		err = errors.Join(err, awaitReceiver(ctx, received))
	}
	return s.judge(err, closeErr)
}

// keep waits for what ends a call whose input has ended: the linger or the other side. It
// returns true if only the other side may end it.
func (s *session) keep(ctx context.Context, received chan error) bool {
	if s.wait {
		return true
	}
	if s.linger <= 0 {
		return false
	}
	t := time.NewTimer(s.linger)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case err := <-received:
		received <- err
	}
	return false
}

// haste is how long a program that is told to stop still waits for the other side.
const haste = 2 * time.Second

// close closes the VC: what was written is sent before. Once the context has ended there is
// not much time for that, and what is lost is as the user wished.
func (s *session) close(ctx context.Context) error {
	if ctx.Err() == nil {
		r, err := s.vc.CloseWith(ctx, client.CloseOptions{Linger: client.DefaultLinger})
		if err == nil && r.Dropped > 0 {
			err = fmt.Errorf("%d SDUs could not be sent within %s", r.Dropped, client.DefaultLinger)
		}
		if ctx.Err() == nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), haste)
	defer cancel()
	_, _ = s.vc.CloseWith(ctx, client.CloseOptions{Linger: haste / 2})
	return nil
}

// awaitReceiver waits until what has come is written, in haste once the context has ended.
func awaitReceiver(ctx context.Context, received <-chan error) error {
	select {
	case err := <-received:
		return err
	case <-ctx.Done():
	}
	t := time.NewTimer(haste)
	defer t.Stop()
	select {
	case err := <-received:
		return err
	case <-t.C:
		return nil
	}
}

// judge says how the call ended. A release by the other side is normal if it says so and nothing
// of the input was lost by it.
func (s *session) judge(err, closeErr error) error {
	end, released := errors.AsType[*client.Error](s.vc.Err())
	switch {
	case released && !end.Cause.Normal() && (end.Cause.Value != 0 || end.Detail != ""):
		return fmt.Errorf("the call was released: %s", end.Reason())
	case err != nil:
		return err
	case !released:
		return closeErr
	case s.in != nil && (closeErr != nil || s.sending.Load()):
		return fmt.Errorf("the call was released before all of the input was sent: %s", end.Reason())
	}
	return nil
}

// sessionBatch is how many SDUs are moved at a time. What waits is taken together, so that a
// receiver that was not scheduled for a while catches up.
const sessionBatch = 64

// runReceiver writes what comes to the output, or sends it back, until the end of the call.
func (s *session) runReceiver() error {
	room := make([]client.SDU, sessionBatch)
	for i := range room {
		room[i].Payload = make([]byte, 0, max(s.vc.MaxReceive(), 1))
	}
	batch := make([]client.SDU, sessionBatch)
	w := bufio.NewWriterSize(s.out, 64<<10)
	for {
		copy(batch, room)
		n, err := s.vc.RecvBatch(context.Background(), batch)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), s.vc.Err() != nil && err != nil:
			return w.Flush()
		case err != nil:
			return errors.Join(w.Flush(), err)
		}
		if s.echo {
			_, err = s.vc.SendBatch(context.Background(), batch[:n])
		} else {
			err = s.write(w, batch[:n])
		}
		switch {
		case s.echo && errors.Is(err, net.ErrClosed):
			return nil // closed here
		case err != nil && s.vc.Err() == nil:
			return err
		}
	}
}

// write writes SDUs and flushes, since nobody knows when the next come.
func (s *session) write(w *bufio.Writer, sdus []client.SDU) error {
	for _, sdu := range sdus {
		_, _ = w.Write(sdu.Payload) // the writer keeps the first error for Flush
		if s.lines {
			_ = w.WriteByte('\n')
		}
	}
	return w.Flush()
}

// runSender sends the input. It returns nil at its end, and when the call ends first.
func (s *session) runSender() error {
	if s.in == nil {
		s.wait = true
		return nil
	}
	send := s.sendChunks
	if s.lines {
		send = s.sendLines
	}
	n, err := send()
	if n > 0 {
		s.wait = false
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || s.vc.Err() != nil {
		err = nil
	}
	return err
}

// send sends one SDU of the input.
func (s *session) send(p []byte) error {
	s.sending.Store(true)
	err := s.vc.Send(context.Background(), client.SDU{Payload: p})
	if err == nil {
		s.sending.Store(false)
	}
	return err
}

// sendChunks sends the input as it comes, in SDUs of at most the contract's size.
func (s *session) sendChunks() (n int, err error) {
	buf := make([]byte, s.vc.MaxSend())
	if len(buf) == 0 {
		return 0, errors.New("the call carries nothing in this direction")
	}
	for {
		k, err := s.in.Read(buf)
		if k > 0 {
			n++
			if err := s.send(buf[:k]); err != nil {
				return n, err
			}
		}
		if err != nil {
			return n, err
		}
	}
}

// sendLines sends each line without its end as one SDU. An empty line is no SDU and is left
// out.
func (s *session) sendLines() (n int, err error) {
	r := bufio.NewReaderSize(s.in, 1<<17) // more than an SDU can have
	for number := 1; ; number++ {
		line, err := r.ReadSlice('\n')
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) > s.vc.MaxSend() {
			return n, fmt.Errorf("line %d has %d octets or more, and the call's SDUs at most %d", number, len(line), s.vc.MaxSend())
		}
		if len(line) > 0 {
			n++
			if err := s.send(line); err != nil {
				return n, err
			}
		}
		if err != nil {
			return n, err
		}
	}
}
