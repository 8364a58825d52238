package sscop

import "callmanager/signalling/fsm"

// Conn is one end of an SSCOP connection: a plain machine without goroutine, clock, lock or I/O.
// Events go in by its methods; what is to be done comes out of Next, in order. The owner calls Next
// until it reports false before it gives in the next PDU or expiry. Responses to indications may be
// given in between: their effects queue behind those that wait.
//
// Memory: byte slices given to a method belong to the caller and are not kept; data that must be
// kept is copied once. Slices in effects follow the rule of Effect. What is held is bounded by
// Config: Queue SDUs of K octets to send and Window SDUs of K octets received out of order.
type Conn struct {
	cfg   Config
	lim   Limits
	state State

	// Transmitter (clause 7.4.1).
	vtS  Seq   // number of the next new SD
	vtPS Seq   // number of the last POLL
	vtA  Seq   // oldest SD not acknowledged
	vtPA Seq   // lowest acceptable N(PS) of a STAT
	vtMS Seq   // first SD for which the peer gives no credit
	vtPD int   // SDs since the last POLL
	vtCC int   // transmissions of the BGN, END, RS or ER under way
	vtSQ uint8 // number of the last BGN, RS or ER sent

	// Receiver (clause 7.4.2).
	vrR  Seq   // next SD in sequence
	vrH  Seq   // next SD expected, above all received
	vrMR Seq   // first SD not accepted
	vrSQ uint8 // number of the last BGN, RS or ER received

	vrSQKnown bool // a BGN, RS or ER has been received, so vrSQ means something
	credit    bool // the peer's credit is not known to be used up

	tx     txBuffer
	rx     rxBuffer
	uu     []byte // user-to-user data of the BGN, END or RS under way
	uuAck  []byte // user-to-user data of the last BGAK
	timers [NumTimers]timer

	in    PDU      // the PDU or request being handled
	list  []Seq    // of the STAT or USTAT being made
	out   []Effect // effects; those before next are taken
	next  int
	arena []byte // octets of control PDUs in out
	stats Stats
}

// New returns a connection in state Idle. Config says what becomes of zero fields and bad values.
func New(cfg Config) *Conn {
	cfg = cfg.normal()
	c := &Conn{
		cfg:   cfg,
		lim:   Limits{K: cfg.K, J: cfg.J, MaxSTAT: maxMaxSTAT}, // a receiver does not check by its own MaxSTAT
		state: Idle,
		vtSQ:  cfg.InitialSQ,
		tx:    txBuffer{limit: cfg.Queue},
		rx:    rxBuffer{size: cfg.Window},
	}
	c.timers[TimerCC].after = cfg.CC
	c.timers[TimerPoll].after = cfg.Poll
	c.timers[TimerKeepAlive].after = cfg.KeepAlive
	c.timers[TimerNoResponse].after = cfg.NoResponse
	c.timers[TimerIdle].after = cfg.Idle
	return c
}

// Establish is AA-ESTABLISH.request with uu as user-to-user data, valid in Idle and Outgoing
// Disconnection Pending; EstablishConf or ReleaseInd follows.
func (c *Conn) Establish(uu []byte) { c.request(reqEstablish, uu, c.cfg.J) }

// EstablishResponse is AA-ESTABLISH.response: accept the connection that EstablishInd offered.
func (c *Conn) EstablishResponse(uu []byte) { c.request(rspEstablish, uu, c.cfg.J) }

// Release is AA-RELEASE.request, valid where there is a connection or one is being set up. In
// Incoming Connection Pending it refuses the connection and nothing follows; elsewhere ReleaseConf
// follows.
func (c *Conn) Release(uu []byte) { c.request(reqRelease, uu, c.cfg.J) }

// Data is AA-DATA.request: send sdu, at most K octets, assured. It is sent at once as far as the
// peer's credit allows, else queued. With Config.Queue SDUs held it is not taken: Refused for
// QueueFull. In Outgoing Recovery Pending it is dropped and counted, as what was in flight was;
// RecoverInd follows.
func (c *Conn) Data(sdu []byte) { c.request(reqData, sdu, c.cfg.K) }

// Resync is AA-RESYNC.request, valid in Data Transfer Ready and during recovery. All data in flight
// is given up. ResyncConf or ReleaseInd follows.
func (c *Conn) Resync(uu []byte) { c.request(reqResync, uu, c.cfg.J) }

// ResyncResponse is AA-RESYNC.response to ResyncInd.
func (c *Conn) ResyncResponse() { c.request(rspResync, nil, 0) }

// RecoverResponse is AA-RECOVER.response to RecoverInd.
func (c *Conn) RecoverResponse() { c.request(rspRecover, nil, 0) }

// UnitData is AA-UNITDATA.request: send sdu, at most K octets, unassured, in any state.
func (c *Conn) UnitData(sdu []byte) { c.request(reqUnitData, sdu, c.cfg.K) }

// MgmtData is MAA-UNITDATA.request: send sdu, at most K octets, to the peer's layer management,
// unassured, in any state.
func (c *Conn) MgmtData(sdu []byte) { c.request(reqMgmtData, sdu, c.cfg.K) }

// request hands a request of the user to the machine.
func (c *Conn) request(ev event, data []byte, limit int) {
	c.begin()
	if len(data) > limit {
		c.refuse(TooLong)
		return
	}
	c.in = PDU{Data: data, List: c.in.List[:0]}
	c.step(ev)
}

// Receive takes one PDU, an AAL5 CPCS-SDU as it came. Effects may alias b.
func (c *Conn) Receive(b []byte) {
	c.begin()
	if err := c.in.Parse(b, c.lim); err != nil {
		c.report(ErrLength, 0)
		return
	}
	c.stats.In[c.in.Type]++
	c.step(event(c.in.Type))
}

// Expire tells that t, started with generation gen, has run out. An expiry of a timer that was
// stopped or started again since is counted and dropped.
func (c *Conn) Expire(t Timer, gen uint64) {
	c.begin()
	if int(t) >= NumTimers || !c.timers[t].running || c.timers[t].gen != gen {
		c.stats.StaleExpiries++
		return
	}
	c.timers[t].running = false
	c.step(expiry(t))
}

// Next takes the next effect; false if there is none.
func (c *Conn) Next() (Effect, bool) {
	if c.next == len(c.out) {
		c.out, c.next = c.out[:0], 0
		return Effect{}, false
	}
	e := c.out[c.next]
	c.next++
	return e, true
}

// State returns the state.
func (c *Conn) State() State { return c.state }

// VTSQ returns VT(SQ). It changes only with the BGN, RS or ER that it numbers; its owner keeps it
// and gives it to the next life as Config.InitialSQ.
func (c *Conn) VTSQ() uint8 { return c.vtSQ }

// Queued returns how many SDUs wait for their first transmission.
func (c *Conn) Queued() int { return c.tx.len() - c.Unacked() }

// Unacked returns how many SDUs have been sent and still wait for N(R) to pass them.
func (c *Conn) Unacked() int { return c.vtS.Sub(c.vtA) }

// Buffered returns how many SDUs received out of order wait for the gaps before them.
func (c *Conn) Buffered() int { return c.rx.held }

// Stats returns the counters.
func (c *Conn) Stats() Stats { return c.stats }

// begin prepares for an event: once all effects are taken the memory of their PDUs is free again.
func (c *Conn) begin() {
	if len(c.out) == 0 {
		c.arena = c.arena[:0]
	}
}

// step runs one event to completion.
func (c *Conn) step(ev event) {
	cell := table.Fire(c.state, ev)
	switch cell.Kind {
	case fsm.Handle:
		c.setState(cell.Do(c, &c.in))
	case fsm.Ignore:
		c.stats.Ignored++
	case fsm.Protest:
		c.protest(ev)
	case fsm.Impossible:
		c.stats.Impossible++
	}
}

// setState is the only place that changes the state. Timers and buffers belong to states: what the
// new state does not have ends here.
func (c *Conn) setState(to State) {
	if to == c.state {
		return
	}
	if c.state == DataTransferReady {
		c.releaseBuffers()
	}
	c.state = to
	for t, may := range timersOf[to] {
		if !may {
			c.stop(Timer(t))
		}
	}
}

// releaseBuffers gives up all data held. With Clear-buffers "yes" this is what the macros Prepare
// retrieval, Prepare recovery and Release buffers come to.
func (c *Conn) releaseBuffers() {
	c.stats.Dropped += uint64(c.tx.len())
	c.tx.clear()
	c.rx.clear()
	c.vtA = c.vtS
}

// protest answers what is not valid in the present state: a MAA-ERROR for a PDU, a refusal for a
// request.
func (c *Conn) protest(ev event) {
	if ev >= reqEstablish {
		c.refuse(BadState)
		return
	}
	c.report(unsolicited[ev], 0)
}

// unsolicited is the MAA-ERROR code of a PDU that is not expected. An END always is, UD and MD too.
var unsolicited = [NumPDUTypes]ErrorCode{
	BGN: ErrBGN, BGAK: ErrBGAK, BGREJ: ErrBGREJ, ENDAK: ErrENDAK, RS: ErrRS, RSAK: ErrRSAK,
	SD: ErrSD, ER: ErrER, POLL: ErrPOLL, STAT: ErrSTAT, USTAT: ErrUSTAT, ERAK: ErrERAK,
}

// refuse tells the user that the request was not accepted.
func (c *Conn) refuse(why Refusal) {
	if why == QueueFull {
		c.stats.Overflow++
	} else {
		c.stats.Refused++
	}
	c.emit(Effect{Kind: Refused, Reason: why})
}

// report is MAA-ERROR.indication.
func (c *Conn) report(code ErrorCode, count int) {
	c.stats.Errors[code-'A']++
	c.emit(Effect{Kind: MAAError, Code: code, Count: count})
}

// emit queues an effect.
func (c *Conn) emit(e Effect) {
	c.out = append(c.out, e)
}

// transmit queues a control PDU for the layer below.
func (c *Conn) transmit(p *PDU) {
	start := len(c.arena)
	c.arena = p.Append(c.arena)
	c.stats.Out[p.Type]++
	c.emit(Effect{Kind: SendPDU, PDU: c.arena[start:len(c.arena):len(c.arena)]})
}
