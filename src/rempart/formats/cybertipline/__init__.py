"""CyberTipline Reporting API: the documents platforms already send, read tolerantly and answered exactly."""
