-- What is looked for again and again is found without a look at all the rest.
CREATE INDEX holder_address_address ON holder_address (organisation, address);
CREATE INDEX notice_channel_due ON notice (channel, state, due, id);
CREATE INDEX task_finding ON task (finding);
CREATE INDEX finding_event_of ON finding_event (finding);
