package tctest

import "time"

// wallet collects small sales under one authorization until it is used up or its time is over.
type wallet struct {
	Size     int64    // cents of an authorization
	Exposure int64    // hours until it is captured
	Hold     string   `json:",omitempty"` // transid of the open authorization
	Used     int64    `json:",omitempty"` // cents of it
	Sales    []string `json:",omitempty"` // transids of the sales in it
	Until    time.Time
}

// What a wallet is unless the store says otherwise (guide: 10.00 and 72 hours).
const (
	standardWalletSize     = 1000
	standardWalletExposure = 72
)

func newWallet(r Request) *wallet {
	w := &wallet{Size: standardWalletSize, Exposure: standardWalletExposure}
	w.resize(r)
	return w
}

// resize takes effect with the next authorization.
func (w *wallet) resize(r Request) {
	if r.has("walletsize") {
		w.Size = r.cents("walletsize")
	}
	if r.has("walletexposure") {
		w.Exposure = r.cents("walletexposure")
	}
}

// walletSale adds a sale to the wallet. When it does not fit in what is authorized, that is captured and
// a new authorization made; if that is refused, so is the sale. Offenders of what does not fit are ours.
func (j *job) walletSale() Reply {
	s := j.stored
	switch {
	case j.withoutStored():
		return j.noStored()
	case s.Wallet == nil:
		return baddata("mismatch", "billingid")
	case j.req.cents("amount") > s.Wallet.Size:
		return baddata("mismatch", "amount")
	}
	w := s.Wallet
	if hold := j.host.byID[w.Hold]; hold != nil && w.Used+j.req.cents("amount") > hold.Approved {
		j.host.captureWallet(s, j.now)
	}
	if w.Hold == "" {
		v, refused, ok := j.asked()
		if !ok {
			return refused
		}
		j.openWallet(s, v)
	}
	return j.approval(j.addToWallet(s))
}

// openWallet authorizes the wallet's size. It is captured within the life of a preauth.
func (j *job) openWallet(s *stored, v verdict) {
	w := s.Wallet
	hold := j.enter("preauth", w.Size, held, "approved")
	hold.allow(v)
	hold.Held, hold.Wallet = hold.Requested, true
	w.Hold, w.Used, w.Sales = hold.ID, 0, nil
	w.Until = j.now.Add(time.Duration(w.Exposure) * time.Hour)
	if lapses := j.host.lapses(hold); lapses.Before(w.Until) {
		w.Until = lapses
	}
	j.host.keepStored(s)
}

// addToWallet books a sale whose money comes with the wallet's capture, which is made at once when
// nothing of the authorization is left.
func (j *job) addToWallet(s *stored) *transaction {
	w := s.Wallet
	hold := j.host.byID[w.Hold]
	tx := j.book(accepted, "approved")
	tx.Approved, tx.Captured, tx.AuthCode, tx.AVS = tx.Requested, tx.Requested, hold.AuthCode, hold.AVS
	tx.Parent, tx.Chain = hold.ID, hold.Chain
	hold.Held -= tx.Approved
	w.Used += tx.Approved
	w.Sales = append(w.Sales, tx.ID)
	j.host.touch(hold)
	j.host.keepStored(s)
	if hold.Held == 0 {
		j.host.captureWallet(s, j.now)
	}
	return tx
}

// takeFromWallet undoes a sale that was voided before its wallet was captured.
func (h *Host) takeFromWallet(tx *transaction) {
	s := h.stored[tx.CustID+"/"+tx.BillingID]
	hold := h.byID[tx.Parent]
	if s == nil || s.Wallet == nil || hold == nil {
		return
	}
	s.Wallet.Used -= tx.Approved
	hold.Held += tx.Approved
	h.keepStored(s)
}

// captureDue captures the wallets whose time is over.
func (h *Host) captureDue(at time.Time) (n int) {
	for _, s := range h.state.Stored {
		if s.Active && s.Wallet != nil && s.Wallet.Hold != "" && !s.Wallet.Until.After(at) {
			h.captureWallet(s, at)
			n++
		}
	}
	return n
}

// captureWallet captures what was used. The postauth shows the sum; the money stands on the sales, so
// that each can be credited. Of an authorization that nothing used, the hold is left to lapse.
func (h *Host) captureWallet(s *stored, at time.Time) {
	w := s.Wallet
	if w == nil || w.Hold == "" {
		return
	}
	hold := h.byID[w.Hold]
	if j := h.own(s, at); j != nil && hold != nil && w.Used > 0 {
		post := j.enter("postauth", w.Used, captured, "accepted")
		post.Approved, post.Wallet, post.Parent, post.Chain, post.BillingID = w.Used, true, hold.ID, hold.Chain, s.ID
		hold.State, hold.Held = captured, 0
		h.touch(hold)
		for _, id := range w.Sales {
			if tx := h.byID[id]; tx != nil && tx.inWallet() {
				tx.State, tx.Cutoff = captured, h.cutoff(at)
				h.touch(tx)
				h.wake(tx.Cutoff)
			}
		}
	}
	w.Hold, w.Used, w.Sales, w.Until = "", 0, nil, time.Time{}
	h.keepStored(s)
}
