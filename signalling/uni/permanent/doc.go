// Package permanent is the permanent VCs of one link. The link knows them for their channels, which no call
// gets, for what they reserve, and for the branch of the one use that a PVC has at a time. They need a port
// and no signalling: neither the state of the SAAL nor RESTART concerns them (Q.2931 5.5 restarts what layer 3
// controls).
//
//	AddPVCReq ──▶ channel taken ──▶ contract admitted ──▶ up while the port is
//	                                   │ no room: waits for some, if it is to be kept
//
//	OpenPVCReq ──▶ Activate ──▶ OpenTransmit, told
//	ReleaseReq ──▶ Drain ──▶ Deactivate ──▶ ReleaseConf
//
// As the other machines it does no I/O: it asks its [Link] for what is to be done. A [Table] belongs to the
// goroutine of its link.
package permanent
