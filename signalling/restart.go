package signalling

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/signalling/uni/channel"
	"callmanager/vc"
)

// Restart says what [Manager.Restart] clears: the whole link, one path of it
// with VPI set, one channel with VCI set too.
type Restart struct {
	Link string
	VPI  *vc.VPI
	VCI  *vc.VCI
}

// RestartResult is the outcome of a restart. Without a cause the peer has
// acknowledged; else Detail says why not. Cleared are the calls that were
// ended, also if it failed; they have no age.
type RestartResult struct {
	Cause   ie.Cause
	Detail  string
	Cleared []CallRow
}

// class returns the class of the restart indicator (Q.2931 4.5.20).
func (r *Restart) class() (ie.RestartClass, error) {
	switch {
	case r.VPI == nil && r.VCI != nil:
		return 0, fmt.Errorf("signalling: restart of VCI %d without a VPI", *r.VCI)
	case r.VPI == nil:
		return ie.RestartAll, nil
	case r.VCI == nil:
		return ie.RestartVP, nil
	}
	return ie.RestartVC, nil
}

// Restart clears calls at both ends of a link by RESTART (Q.2931 5.5). It does
// not block: done is called once, from the link's goroutine, when the peer has
// acknowledged or will not, and must not block. It is not called after Close.
// An error means that there is no such link, or no such thing to restart.
func (m *Manager) Restart(r Restart, done func(RestartResult)) error {
	class, err := r.class()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(m.links, func(l *link) bool { return l.cfg.Name == r.Link })
	if i < 0 {
		return fmt.Errorf("signalling: there is no link %q", r.Link)
	}
	req := uni.RestartReq{Range: channel.Range{Class: class}}
	if r.VPI != nil {
		req.VPI = *r.VPI
	}
	if r.VCI != nil {
		req.VCI = *r.VCI
	}
	l := m.links[i]
	l.post(func() { l.restart(req, done) })
	return nil
}

// restart hands a restart to the machine.
func (l *link) restart(r uni.RestartReq, done func(RestartResult)) {
	l.lastRestart++
	r.ID = l.lastRestart
	l.restarts[r.ID] = done
	l.m.log.Info("restart", zap.String("link", l.cfg.Name), zap.Stringer("of", r.Range))
	l.perform(l.uni.Restart(r))
}

// restarted gives the answer to a restart.
func (l *link) restarted(e *uni.RestartDone) {
	done := l.restarts[e.ID]
	delete(l.restarts, e.ID)
	r := RestartResult{Cause: e.Cause, Detail: e.Detail}
	for i := range e.Cleared {
		r.Cleared = append(r.Cleared, l.callRow(&e.Cleared[i]))
	}
	l.m.log.Info("restart done", zap.String("link", l.cfg.Name), zap.Int("cleared", len(r.Cleared)), zap.String("failed", e.Detail))
	if done != nil {
		done(r)
	}
}
