package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

const (
	// askAgain is after what time a question is asked again: it or its answer may be lost.
	askAgain = 200 * time.Millisecond
	// answerTimeout bounds how long an answer may take, finishTimeout that to the last question, which waits
	// behind all that was sent.
	answerTimeout = 5 * time.Second
	finishTimeout = 10 * time.Second
	// haste bounds what is still waited for once the user has said stop.
	haste = 2 * time.Second
)

// batchOctets bounds the memory for the SDUs that are moved at a time, batchMost their number.
const (
	batchOctets = 1 << 18
	batchMost   = 64
)

// newBatch returns room for SDUs of a size.
func newBatch(size int) []client.SDU {
	b := make([]client.SDU, min(max(batchOctets/max(size, 1), 1), batchMost))
	room := make([]byte, len(b)*size)
	for i := range b {
		b[i].Payload, room = room[:size:size], room[size:]
	}
	return b
}

// peer is the calling side of a call to a sink.
type peer struct {
	vc    *client.VC
	began time.Time
	asked uint64 // questions that were sent
	buf   []byte
}

// To says whom a calling side calls.
type To struct {
	Dest     string
	Selector *uint8 // replaces that of the address, unless nil
}

// callSink makes a call of a verb and finds out whether a sink has taken it. The call must carry SDUs of
// these sizes there and back.
func callSink(ctx context.Context, c *client.Conn, to To, verb byte, contract *cmdpb.Contract, there, back int) (*peer, error) {
	v, err := c.Call(ctx, to.Dest, &client.CallOptions{Contract: contract, Selector: to.Selector, BHLI: bhli(verb)})
	if err != nil {
		return nil, refusal(err)
	}
	p := &peer{vc: v, began: time.Now(), buf: make([]byte, v.MaxReceive())}
	if err = p.fits(there, back); err == nil {
		err = p.greet(ctx)
	}
	if err != nil {
		p.close(ctx)
		return nil, err
	}
	return p, nil
}

// refusal says why there is no call. What nobody takes, a sink does not.
func refusal(err error) error {
	const incompatibleDestination = 88
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok || e.Cause.Value == 0:
		return err
	case e.Cause.Value == incompatibleDestination:
		return fmt.Errorf("%s: is cmctl bench sink running there?", e.Reason())
	}
	return errors.New(e.Reason())
}

// fits checks that the call carries SDUs of these sizes.
func (p *peer) fits(there, back int) error {
	if most := p.vc.MaxSend(); most < there {
		return fmt.Errorf("the call carries SDUs of at most %d octets, and --size asks for %d", most, there)
	}
	if most := p.vc.MaxReceive(); most < back {
		return fmt.Errorf("the call carries SDUs of at most %d octets back, and the answers have %d", most, back)
	}
	return nil
}

// greet waits until a sink has answered.
func (p *peer) greet(ctx context.Context) error {
	_, err := p.ask(ctx, kindHello, 0, kindWelcome, answerTimeout)
	if errors.Is(err, errSilence) {
		err = fmt.Errorf("the call was taken, but by no sink: %w: run cmctl bench sink there", err)
	}
	return err
}

// errSilence says that an answer did not come in time.
var errSilence = errors.New("no answer")

// finish tells how many SDUs were sent and returns the sink's report.
func (p *peer) finish(ctx context.Context, sent uint64) (*Outcome, error) {
	sdu, err := p.ask(ctx, kindFinish, sent, kindReport, finishTimeout)
	if err != nil {
		return nil, fmt.Errorf("the sink has not reported what has come: %w", err)
	}
	return parseReport(sdu, sent)
}

// ask sends a question until its answer comes.
func (p *peer) ask(ctx context.Context, kind byte, number uint64, want byte, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w within %v", errSilence, limit))
	defer cancel()
	question := make([]byte, MinSize)
	for {
		stamp(question, header{kind: kind, number: number, at: time.Since(p.began)})
		if err := p.vc.Send(ctx, client.SDU{Payload: question}); err != nil {
			return nil, p.reason(err)
		}
		p.asked++
		sdu, err := p.await(ctx, want, number)
		if sdu != nil || err != nil {
			return sdu, err
		}
	}
}

// await waits for an answer for a while. It returns nil if none has come.
func (p *peer) await(ctx context.Context, want byte, number uint64) ([]byte, error) {
	wait, cancel := context.WithTimeout(ctx, askAgain)
	defer cancel()
	for {
		s, err := p.vc.Recv(wait, p.buf)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && wait.Err() != nil:
			return nil, nil
		case err != nil:
			return nil, p.reason(err)
		}
		if h, ok := parse(s.Payload); ok && h.kind == want && h.number == number {
			return s.Payload, nil
		}
	}
}

// reason says why the call is over, if that is why something failed.
func (p *peer) reason(err error) error {
	if end := p.vc.Err(); end != nil {
		return ended(end)
	}
	return err
}

// ended says that the other side or a fault has ended a call, and why.
func ended(err error) error {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return fmt.Errorf("the call was released: %s", e.Reason())
	}
	return err
}

// close ends the call, in haste once the context has ended.
func (p *peer) close(ctx context.Context) { closeVC(ctx, p.vc) }

// closeVC ends a call, in haste once the context has ended. What was still to be sent matters to nobody.
func closeVC(ctx context.Context, v *client.VC) {
	ctx, cancel := hurry(ctx)
	defer cancel()
	_, _ = v.CloseWith(ctx, client.CloseOptions{Linger: haste})
}

// hurry returns a context for what is to be done in any case, also once ctx has ended: then it ends after haste.
func hurry(ctx context.Context) (context.Context, context.CancelFunc) {
	on, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(haste, cancel) })
	return on, func() {
		stop()
		cancel()
	}
}
