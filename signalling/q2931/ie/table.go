package ie

// Info is one row of the element table.
type Info struct {
	ID     ID
	Name   string
	Max    int    // longest element in octets, the header included; 0: no limit of its own
	Coding Coding // the element's own coding standard, which is written by default
	Also   Coding // a further standard that is read and may be written; 0: none
	Access bool   // access information: a content error has cause 43 (Q.2931 5.6.8.2)
	New    func() Element
}

// Lookup returns the table row of id, or nil for an unknown identifier. The row is read-only.
func Lookup(id ID) *Info { return byID[id] }

// reads reports whether the coding standard, which must not be the default, is one of the row's.
func (inf *Info) reads(c Coding) bool {
	return c == inf.Coding || inf.Also != CodingDefault && c == inf.Also
}

// of returns the constructor of an element type.
func of[T any, P interface {
	*T
	Element
}]() func() Element {
	return func() Element { return P(new(T)) }
}

const (
	itu     = CodingITU
	network = CodingNetwork
)

// table is the list of the elements (Q.2931 table 4-3 and its amendments, UNI 4.0). The lengths
// are those of the Recommendations.
var table = [...]Info{
	{IDNarrowbandBearer, "narrowband bearer capability", 14, itu, 0, false, of[Opaque]()},
	{IDCause, "cause", 34, itu, network, false, of[Cause]()},
	{IDCallState, "call state", 5, itu, 0, false, of[CallState]()},
	{IDFacility, "facility", 0, itu, 0, false, of[Opaque]()},
	{IDProgress, "progress indicator", 6, itu, 0, false, of[Progress]()},
	{IDNotification, "notification indicator", 0, itu, 0, false, of[Notification]()},
	{IDTransitDelay, "end-to-end transit delay", 11, itu, 0, false, of[TransitDelay]()},
	{IDConnectedNumber, "connected number", 26, itu, 0, false, of[PartyNumber]()},
	{IDConnectedSub, "connected subaddress", 25, itu, 0, true, of[Subaddress]()},
	{IDEndpointRef, "endpoint reference", 7, itu, 0, false, of[EndpointRef]()},
	{IDEndpointState, "endpoint state", 5, itu, 0, false, of[EndpointState]()},
	{IDAAL, "AAL parameters", 21, itu, 0, true, of[AAL]()},
	{IDTD, "ATM traffic descriptor", 30, itu, 0, false, of[TD]()},
	{IDConnID, "connection identifier", 9, itu, 0, false, of[ConnID]()},
	{IDOAMTD, "OAM traffic descriptor", 6, itu, 0, false, of[OAMTD]()},
	{IDQoS, "QoS parameter", 6, itu, network, false, of[QoS]()},
	{IDBHLI, "broadband high layer information", 13, itu, 0, true, of[BHLI]()},
	{IDBearer, "broadband bearer capability", 7, itu, 0, false, of[Bearer]()},
	{IDBLLI, "broadband low layer information", 17, itu, 0, true, of[BLLI]()},
	{IDLockingShift, "broadband locking shift", 5, itu, 0, false, of[Shift]()},
	{IDNonLockingShift, "broadband non-locking shift", 5, itu, 0, false, of[Shift]()},
	{IDSendingComplete, "broadband sending complete", 5, itu, 0, false, of[SendingComplete]()},
	{IDRepeat, "broadband repeat indicator", 5, itu, 0, false, of[Repeat]()},
	{IDCallingNumber, "calling party number", 26, itu, 0, false, of[PartyNumber]()},
	{IDCallingSub, "calling party subaddress", 25, itu, 0, true, of[Subaddress]()},
	{IDCalledNumber, "called party number", 25, itu, 0, false, of[CalledNumber]()},
	{IDCalledSub, "called party subaddress", 25, itu, 0, true, of[Subaddress]()},
	{IDTNS, "transit network selection", 9, itu, 0, false, of[TNS]()},
	{IDRestart, "restart indicator", 5, itu, 0, false, of[Restart]()},
	{IDNarrowbandLLC, "narrowband low layer compatibility", 20, itu, 0, true, of[Opaque]()},
	{IDNarrowbandHLC, "narrowband high layer compatibility", 7, itu, 0, true, of[Opaque]()},
	{IDUserUser, "user-user", 132, itu, 0, true, of[UserUser]()},
	{IDGIT, "generic identifier transport", 33, network, itu, false, of[GIT]()},
	{IDMinTD, "minimum acceptable ATM traffic descriptor", 20, network, itu, false, of[TD]()},
	{IDAltTD, "alternative ATM traffic descriptor", 30, itu, network, false, of[TD]()},
	{IDABRSetup, "ABR setup parameters", 36, network, 0, false, of[ABRSetup]()},
	{IDReportType, "broadband report type", 5, itu, 0, false, of[ReportType]()},
	{IDCalledSoftPVC, "called party soft PVPC or PVCC", 11, network, 0, false, of[Opaque]()},
	{IDCrankback, "crankback", 72, network, 0, false, of[Opaque]()},
	{IDDTL, "designated transit list", 546, network, 0, false, of[Opaque]()},
	{IDCallingSoftPVC, "calling party soft PVPC or PVCC", 10, network, 0, false, of[Opaque]()},
	{IDABRAdditional, "ABR additional parameters", 14, network, 0, false, of[ABRAdditional]()},
	{IDLIJCallID, "leaf initiated join call identifier", 9, network, itu, false, of[LIJCallID]()},
	{IDLIJParameters, "leaf initiated join parameters", 5, network, itu, false, of[LIJParameters]()},
	{IDLeafSequence, "leaf sequence number", 8, network, itu, false, of[LeafSequence]()},
	{IDConnectionScope, "connection scope selection", 6, network, itu, false, of[ConnectionScope]()},
	{IDExtQoS, "extended QoS parameters", 25, network, 0, false, of[ExtQoS]()},
	{IDMinDesiredCellRate, "minimum desired cell rate", 13, network, 0, false, of[MinDesiredCellRate]()},
}

// byID finds the row of an identifier. A broken table stops the program at its start.
var byID = index(table[:])

func index(rows []Info) (t [256]*Info) {
	for i := range rows {
		r := &rows[i]
		if t[r.ID] != nil {
			panic("ie: two table rows for " + r.Name)
		}
		if r.Name == "" || r.Coding == CodingDefault || r.New == nil || r.Max != 0 && r.Max <= HeaderLen {
			panic("ie: incomplete table row " + r.Name)
		}
		t[r.ID] = r
	}
	return t
}
