package signalling

import (
	"cmp"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// callLog writes the log of one link: one Info line for each change of the
// link and each set-up and clearing of a call, Warn lines for what the peer
// does wrong, Debug lines for transitions. It belongs to the link's goroutine.
type callLog struct {
	log, warn *zap.Logger
	calls     map[primitive.CallID]*loggedCall
	// cref is the call reference that was brought to life last.
	cref      uint32
	state     uni.LinkState
	lastError string
}

// loggedCall is what the log says of a call.
type loggedCall struct {
	cref            uint32
	id              vc.ID
	called, calling vc.Addr
	vc              vc.Handle // zero of an offer that is not accepted
	since, upSince  time.Time
	up              bool
}

func newCallLog(log *zap.Logger, name string) *callLog {
	log = log.Named("link").With(zap.String("link", name))
	return &callLog{
		log: log,
		// What a peer does wrong comes as fast as it likes: ten lines alike a
		// second are enough.
		warn: log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
			return zapcore.NewSamplerWithOptions(c, time.Second, 10, 0)
		})),
		calls: make(map[primitive.CallID]*loggedCall),
	}
}

// newRef returns the call reference that effects bring to life, or 0.
func newRef(effects []uni.Effect) uint32 {
	for i := range effects {
		if t := effects[i].Transition; t != nil && begins(t) {
			return t.CallRef.Value
		}
	}
	return 0
}

// begins reports whether a transition brings a call to life.
func begins(t *uni.Transition) bool { return t.From == "U0" || t.From == "N0" }

// request notes an outgoing call, and the use of a PVC, which has no call reference.
func (g *callLog) request(r primitive.Request, effects []uni.Effect) {
	switch s := r.(type) {
	case primitive.SetupReq:
		g.calls[s.Call] = &loggedCall{vc: s.VC, since: now(), called: s.Params.Called, calling: s.Params.Calling}
		g.birth(s.Call, effects)
	case primitive.OpenPVCReq:
		g.calls[s.Call] = &loggedCall{vc: s.VC, id: s.ID, since: now(), called: s.Params.Called, calling: s.Params.Calling}
	case primitive.AcceptReq:
		if c := g.calls[s.Call]; c != nil {
			c.vc = s.VC
		}
	}
}

// birth notes the reference of an outgoing call when its effects bring one to
// life, at once or after its activation.
func (g *callLog) birth(call primitive.CallID, effects []uni.Effect) {
	if c := g.calls[call]; c != nil && c.cref == 0 {
		c.cref = newRef(effects)
	}
}

// indication logs the set-up, the modification and the clearing of a call.
func (g *callLog) indication(ind primitive.Indication) {
	switch ind := ind.(type) {
	case primitive.SetupInd:
		g.calls[ind.Call] = &loggedCall{cref: g.cref, since: now(), id: ind.ID, called: ind.Params.Called, calling: ind.Params.Calling}
	case primitive.ProceedingInd:
		if c := g.calls[ind.Call]; c != nil {
			c.id = ind.ID
		}
	case primitive.ConnectInd:
		if c := g.calls[ind.Call]; c != nil {
			c.id = ind.ID
		}
		g.up(ind.Call)
	case primitive.CompleteInd:
		g.up(ind.Call)
		g.party("party up", ind.Call, ind.Party, ie.Cause{}, "")
	case primitive.AddPartyConf:
		g.party("party up", ind.Call, ind.Party, ie.Cause{}, "")
	case primitive.DropPartyInd:
		g.party("party dropped", ind.Call, ind.Party, ind.Cause, ind.Detail)
	case primitive.DropPartyConf:
		g.party("party dropped", ind.Call, ind.Party, ind.Cause, ind.Detail)
	case primitive.ModifyConf:
		if ind.Cause.Value == 0 {
			g.modified(ind.Call, &ind.Params.Contract)
		}
	case primitive.ModifyInd:
		g.modified(ind.Call, &ind.Params.Contract)
	case primitive.PVCInd:
		g.pvc(&ind)
	case primitive.PVCGoneInd:
		g.pvcGone(&ind)
	case primitive.ReleaseInd:
		g.cleared(ind.Call, ind.Cause, ind.Detail, ind.Drain)
	case primitive.ReleaseConf:
		g.cleared(ind.Call, ind.Cause, ind.Detail, ind.Drain)
	}
}

// pvc logs what the link makes of a PVC.
func (g *callLog) pvc(ind *primitive.PVCInd) {
	level, text := zap.InfoLevel, "PVC down"
	switch {
	case ind.Up:
		text = "PVC up"
	case ind.Cause.Value != ie.CauseDestinationOutOfOrder:
		level, text = zap.WarnLevel, "PVC refused"
	}
	if ce := g.log.Check(level, text); ce != nil {
		ce.Write(append(channelFields(ind.ID), zap.String("why", ind.Detail))...)
	}
}

// pvcGone logs the end of a PVC, or its refusal.
func (g *callLog) pvcGone(ind *primitive.PVCGoneInd) {
	text := "PVC deleted"
	if ind.Cause.Value != 0 {
		text = "PVC refused"
	}
	if ce := g.log.Check(zap.InfoLevel, text); ce != nil {
		ce.Write(append(channelFields(ind.ID), zap.String("why", ind.Detail))...)
	}
}

func channelFields(id vc.ID) []zap.Field {
	return []zap.Field{zap.Uint8("vpi", uint8(id.VPI)), zap.Uint16("vci", uint16(id.VCI))}
}

// connected returns since when the call of a VC carries data; ok is false if it does not.
func (g *callLog) connected(h vc.Handle) (since time.Time, ok bool) {
	for _, c := range g.calls {
		if c.up && c.vc == h {
			return c.upSince, true
		}
	}
	return time.Time{}, false
}

// born returns when a call began.
func (g *callLog) born(call primitive.CallID) (time.Time, bool) {
	if c := g.calls[call]; c != nil {
		return c.since, true
	}
	return time.Time{}, false
}

func (g *callLog) up(call primitive.CallID) {
	c := g.calls[call]
	if c == nil || c.up {
		return
	}
	c.up, c.upSince = true, now()
	if ce := g.log.Check(zap.InfoLevel, "call up"); ce != nil {
		ce.Write(c.fields()...)
	}
}

// party logs the beginning and the end of a party beside the first of its call.
func (g *callLog) party(text string, call primitive.CallID, id primitive.PartyID, cause ie.Cause, detail string) {
	c := g.calls[call]
	if c == nil || id == primitive.FirstParty && cause.Value == 0 {
		return
	}
	if ce := g.log.Check(zap.InfoLevel, text); ce != nil {
		ce.Write(append(c.fields(), zap.Uint32("party", uint32(id)), zap.Uint8("cause", uint8(cause.Value)), zap.String("detail", detail))...)
	}
}

// modified logs the rates that a call has from now on.
func (g *callLog) modified(call primitive.CallID, c *vc.Contract) {
	k := g.calls[call]
	if k == nil {
		return
	}
	if ce := g.log.Check(zap.InfoLevel, "call modified"); ce != nil {
		ce.Write(append(k.fields(), zap.Uint32("forward", uint32(c.Forward.PCR)), zap.Uint32("backward", uint32(c.Backward.PCR)))...)
	}
}

func (g *callLog) cleared(call primitive.CallID, cause ie.Cause, detail string, d vc.DrainReport) {
	c := g.calls[call]
	if c == nil {
		return
	}
	delete(g.calls, call)
	text := "call cleared"
	if !c.up {
		text = "call failed"
	}
	if ce := g.log.Check(zap.InfoLevel, text); ce != nil {
		ce.Write(append(c.fields(), zap.Uint8("cause", uint8(cause.Value)), zap.String("why", cmp.Or(detail, cause.Value.String())),
			zap.Uint64("sent", d.Sent), zap.Uint64("drop", d.Dropped))...)
	}
}

func (c *loggedCall) fields() []zap.Field {
	return []zap.Field{
		zap.Uint32("cref", c.cref), zap.Uint8("vpi", uint8(c.id.VPI)), zap.Uint16("vci", uint16(c.id.VCI)),
		zap.Stringer("from", c.calling), zap.Stringer("to", c.called),
	}
}

// linkChanged logs a change of the link's state, and a new error.
func (g *callLog) linkChanged(e *uni.Effect) {
	if e.LastError != "" && e.LastError != g.lastError {
		g.warn.Warn("link error", zap.Stringer("state", e.State), zap.String("error", e.LastError))
	}
	g.lastError = e.LastError
	if e.State != g.state {
		g.log.Info("link "+e.State.String(), zap.Stringer("from", g.state))
		g.state = e.State
	}
}

// activated logs a branch that could not be joined to its VC, which is the
// daemon's own trouble.
func (g *callLog) activated(a *uni.Effect, err error) {
	if err != nil {
		g.log.Error("activation failed", zap.Stringer("vc", a.VC), zap.Stringer("channel", a.ID), zap.Error(err))
	}
}

// joined does the same for a further VC of a channel.
func (g *callLog) joined(j *uni.Effect, err error) {
	if err != nil {
		g.log.Error("join failed", zap.Stringer("vc", j.VC), zap.Stringer("channel", j.ID), zap.Error(err))
	}
}

// transition logs one step of a machine. That of an incoming call stands before
// its SetupInd.
func (g *callLog) transition(t *uni.Transition) {
	if begins(t) {
		g.cref = t.CallRef.Value
	}
	if ce := g.log.Check(zap.DebugLevel, "transition"); ce != nil {
		ce.Write(zap.Uint32("cref", t.CallRef.Value), zap.String("party", t.Party), zap.String("side", t.Side), zap.String("state", t.From),
			zap.String("event", t.Event), zap.String("to", t.To), zap.Uint8("cause", uint8(t.Cause)))
	}
}
