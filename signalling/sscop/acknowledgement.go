package sscop

// statReady is a STAT in Data Transfer Ready. Numbers compare from VT(A), poll numbers from VT(PA).
func (c *Conn) statReady(in *PDU) State {
	if in.NPS.Sub(c.vtPA) >= c.vtPS.Add(1).Sub(c.vtPA) {
		return c.beginRecovery(ErrPollNumber)
	}
	if in.NR.Sub(c.vtA) > c.Unacked() {
		return c.beginRecovery(ErrSTATList)
	}
	c.acknowledge(in.NR)
	c.vtPA = in.NPS
	c.vtMS = in.NMR
	if len(in.List) > 1 { // one element bounds nothing
		marked, ok := c.statList(in.List, in.NPS)
		if !ok {
			return c.beginRecovery(ErrSTATList)
		}
		c.report(ErrLoss, marked)
	}
	c.detectCredit()
	switch {
	case c.running(TimerPoll):
		c.start(TimerNoResponse)
	case !c.running(TimerIdle):
		c.stop(TimerKeepAlive)
		c.stop(TimerNoResponse)
		c.start(TimerIdle)
	}
	c.send()
	return DataTransferReady
}

// ustatReady is a USTAT in Data Transfer Ready. It is no answer to a POLL and leaves the timers
// alone, and its gap is new, so poll tags do not matter.
func (c *Conn) ustatReady(in *PDU) State {
	if in.NR.Sub(c.vtA) >= c.Unacked() {
		return c.beginRecovery(ErrUSTATList)
	}
	c.acknowledge(in.NR)
	c.vtMS = in.NMR
	from, to := in.List[0].Sub(c.vtA), in.List[1].Sub(c.vtA)
	if from >= to || to >= c.Unacked() {
		return c.beginRecovery(ErrUSTATList)
	}
	marked := 0
	for i := from; i < to; i++ {
		if c.tx.at(i).acked {
			return c.beginRecovery(ErrUSTATList)
		}
		if c.tx.mark(i) {
			marked++
		}
	}
	c.report(ErrLoss, marked)
	c.send()
	return DataTransferReady
}

// acknowledge releases all SDs before nr.
func (c *Conn) acknowledge(nr Seq) {
	c.tx.drop(nr.Sub(c.vtA))
	c.vtA = nr
}

// statList acts on the list of a STAT: gaps and received runs in turn, each between two neighbours.
// It returns how many SDs were newly marked, and false if the list cannot be true.
func (c *Conn) statList(list []Seq, nps Seq) (marked int, ok bool) {
	from := list[0].Sub(c.vtA)
	if from >= c.Unacked() {
		return 0, false
	}
	for i, le := range list[1:] {
		to := le.Sub(c.vtA)
		if from >= to || to > c.Unacked() {
			return 0, false
		}
		if i%2 == 1 {
			c.acknowledgeRun(from, to)
		} else if n, ok := c.markGap(from, to, nps); ok {
			marked += n
		} else {
			return 0, false
		}
		from = to
	}
	return marked, true
}

// markGap marks the SDs that the peer had not received when it answered POLL nps. One sent after
// that POLL may still be on its way. False if the peer had acknowledged one of them.
func (c *Conn) markGap(from, to int, nps Seq) (marked int, ok bool) {
	for i := from; i < to; i++ {
		sd := c.tx.at(i)
		if sd.acked {
			return 0, false
		}
		// Both numbers are at most VT(PS), so they compare by how far they lie behind it.
		if c.vtPS.Sub(sd.tag) > c.vtPS.Sub(nps) && c.tx.mark(i) {
			marked++
		}
	}
	return marked, true
}

// acknowledgeRun notes SDs that the peer holds beyond a gap.
func (c *Conn) acknowledgeRun(from, to int) {
	for i := from; i < to; i++ {
		c.tx.unmark(i)
		c.tx.at(i).acked = true
	}
}

// detectCredit reports a change of the peer's credit.
func (c *Conn) detectCredit() {
	credit := c.vtS.Less(c.vtMS, c.vtA)
	if credit == c.credit {
		return
	}
	c.credit = credit
	if credit {
		c.report(ErrCreditAgain, 0)
	} else {
		c.report(ErrNoCredit, 0)
	}
}
