package operation

func (OpenAF) request()                {}
func (CloseAF) request()               {}
func (RegisterSAP) request()           {}
func (DeregisterSAP) request()         {}
func (CreateVC) request()              {}
func (DeleteVC) request()              {}
func (MakeCall) request()              {}
func (IncomingCallComplete) request()  {}
func (ModifyCallQoS) request()         {}
func (AddParty) request()              {}
func (DropParty) request()             {}
func (CloseCall) request()             {}
func (Alert) request()                 {}
func (Notify) request()                {}
func (RingDone) request()              {}
func (NotifyCloseAFComplete) request() {}
func (AddAddress) request()            {}
func (DeleteAddress) request()         {}
func (AdminClose) request()            {}
func (AdminModify) request()           {}
func (AddPVC) request()                {}
func (DeletePVC) request()             {}

// Number implements [Request].
func (r OpenAF) Number() uint64 { return r.Request }

// Number implements [Request].
func (r CloseAF) Number() uint64 { return r.Request }

// Number implements [Request].
func (r RegisterSAP) Number() uint64 { return r.Request }

// Number implements [Request].
func (r DeregisterSAP) Number() uint64 { return r.Request }

// Number implements [Request].
func (r CreateVC) Number() uint64 { return r.Request }

// Number implements [Request].
func (r DeleteVC) Number() uint64 { return r.Request }

// Number implements [Request].
func (r MakeCall) Number() uint64 { return r.Request }

// Number implements [Request].
func (r IncomingCallComplete) Number() uint64 { return r.Request }

// Number implements [Request].
func (r ModifyCallQoS) Number() uint64 { return r.Request }

// Number implements [Request].
func (r AddParty) Number() uint64 { return r.Request }

// Number implements [Request].
func (r DropParty) Number() uint64 { return r.Request }

// Number implements [Request].
func (r CloseCall) Number() uint64 { return r.Request }

// Number implements [Request].
func (r Alert) Number() uint64 { return r.Request }

// Number implements [Request].
func (r Notify) Number() uint64 { return r.Request }

// Number implements [Request].
func (r RingDone) Number() uint64 { return r.Request }

// Number implements [Request].
func (r NotifyCloseAFComplete) Number() uint64 { return r.Request }

// Number implements [Request].
func (r AddAddress) Number() uint64 { return r.Request }

// Number implements [Request].
func (r DeleteAddress) Number() uint64 { return r.Request }

// Number implements [Request].
func (r AdminClose) Number() uint64 { return r.Request }

// Number implements [Request].
func (r AdminModify) Number() uint64 { return r.Request }

// Number implements [Request].
func (r AddPVC) Number() uint64 { return r.Request }

// Number implements [Request].
func (r DeletePVC) Number() uint64 { return r.Request }
