"""Reports come in: public form, CyberTipline receiver, JSON API, imports; receipts."""
