BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE attempts (
	message INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	node TEXT NOT NULL, 
	remote TEXT, 
	address TEXT, 
	tls TEXT, 
	command TEXT, 
	code INTEGER, 
	status TEXT, 
	reply TEXT, 
	error TEXT, 
	CONSTRAINT pk_attempts PRIMARY KEY (message, number, id), 
	CONSTRAINT fk_attempts_message FOREIGN KEY(message, number) REFERENCES recipients (message, number)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "attempts" VALUES(911949063785954394,0,911949063785954397,1795262400000000,'a','mx','192.0.2.9','TLSv1.3','DATA',250,'2.0.0','Ok',NULL);
CREATE TABLE blocks (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	added INTEGER NOT NULL, 
	added_by TEXT NOT NULL, 
	until INTEGER, 
	lifted INTEGER, 
	lifted_by TEXT, 
	CONSTRAINT pk_blocks PRIMARY KEY (id), 
	CONSTRAINT ck_blocks_lifted_by CHECK ((lifted IS NULL) = (lifted_by IS NULL))
)
 STRICT

;
INSERT INTO "blocks" VALUES(911949063785954400,'sender','x@example.org','banned-sender','spam',1795262400000000,'olga',NULL,NULL,NULL);
CREATE TABLE bodies (
	id INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	checksum INTEGER NOT NULL, 
	users INTEGER NOT NULL, 
	file TEXT, 
	data BLOB, 
	CONSTRAINT pk_bodies PRIMARY KEY (id), 
	CONSTRAINT ck_bodies_users CHECK (users >= 0), 
	CONSTRAINT ck_bodies_one_place CHECK (file IS NULL OR data IS NULL)
)
 STRICT

;
INSERT INTO "bodies" VALUES(911949063785954394,32,1888699531,1,'91b7584a2265b1f5.eml',NULL);
INSERT INTO "bodies" VALUES(911949063785954396,37,1515467520,1,NULL,X'5375626A6563743A20556E64656C6976657261626C650D0A0D0A496E206120726F772E0D0A');
INSERT INTO "bodies" VALUES(911949063785954398,17,2754646279,1,NULL,X'5375626A6563743A2048656C640D0A0D0A');
CREATE TABLE chunks (
	body INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_chunks PRIMARY KEY (body, number), 
	CONSTRAINT fk_chunks_body FOREIGN KEY(body) REFERENCES bodies (id)
)
 STRICT

;
CREATE TABLE counters (
	"key" TEXT NOT NULL, 
	minute INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY ("key", minute)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "counters" VALUES('sender:anna@example.org',29921040,3);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	text TEXT NOT NULL, 
	message INTEGER, 
	number INTEGER, 
	address TEXT, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT fk_events_message FOREIGN KEY(message) REFERENCES messages (id)
)
 STRICT

;
INSERT INTO "events" VALUES(911949063785954399,1795262400000000,'held','olga','ask legal',911949063785954398,0,NULL);
INSERT INTO "events" VALUES(911949063785954401,1795262400000000,'blocked','olga','sender x@example.org: spam',NULL,NULL,'x@example.org');
INSERT INTO "events" VALUES(911949063785954402,1795262400000000,'refused','policy','550 no',NULL,NULL,'bin@example.net');
CREATE TABLE messages (
	id INTEGER NOT NULL, 
	arrived INTEGER NOT NULL, 
	expires INTEGER NOT NULL, 
	sender TEXT NOT NULL, 
	ret TEXT, 
	envid TEXT, 
	body_type TEXT NOT NULL, 
	smtputf8 INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	message_id TEXT, 
	subject TEXT, 
	session TEXT, 
	about INTEGER, 
	body INTEGER, 
	unfinished INTEGER NOT NULL, 
	finished INTEGER, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT fk_messages_body FOREIGN KEY(body) REFERENCES bodies (id), 
	CONSTRAINT ck_messages_unfinished CHECK (unfinished >= 0), 
	CONSTRAINT ck_messages_finished CHECK ((finished IS NULL) = (unfinished > 0)), 
	CONSTRAINT ck_messages_body_while_needed CHECK ((finished IS NULL) = (body IS NOT NULL))
)
 STRICT

;
INSERT INTO "messages" VALUES(911949063785954394,1795262400000000,1795694400000000,'anna@example.org','FULL','QQ314159','8BITMIME',1,32,'<1@example.org>','Minutes','{"client":"192.0.2.1","hostname":"mail.example.org","helo":"helo","protocol":"ESMTPS","tls":null,"account":null,"listener":null,"facts":{"spf":"pass"}}',NULL,911949063785954394,1,NULL);
INSERT INTO "messages" VALUES(911949063785954396,1795262400000000,1795694400000000,'','FULL','QQ314159','8BITMIME',1,37,'<1@example.org>','Minutes','{"client":"192.0.2.1","hostname":"mail.example.org","helo":"helo","protocol":"ESMTPS","tls":null,"account":null,"listener":null,"facts":{"spf":"pass"}}',NULL,911949063785954396,1,NULL);
INSERT INTO "messages" VALUES(911949063785954398,1795262400000000,1795694400000000,'anna@example.org','FULL','QQ314159','8BITMIME',1,17,'<1@example.org>','Minutes','{"client":"192.0.2.1","hostname":"mail.example.org","helo":"helo","protocol":"ESMTPS","tls":null,"account":null,"listener":null,"facts":{"spf":"pass"}}',NULL,911949063785954398,1,NULL);
CREATE TABLE outcomes (
	message INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	terminal TEXT NOT NULL, 
	cause TEXT, 
	status TEXT, 
	reply TEXT, 
	remote TEXT, 
	told TEXT, 
	report INTEGER, 
	CONSTRAINT pk_outcomes PRIMARY KEY (message, number), 
	CONSTRAINT fk_outcomes_message FOREIGN KEY(message, number) REFERENCES recipients (message, number), 
	CONSTRAINT ck_outcomes_terminal CHECK (terminal IN ('delivered', 'relayed', 'expanded', 'failed', 'expired', 'deleted')), 
	CONSTRAINT ck_outcomes_told CHECK (told IN ('reported', 'withheld', 'suppressed')), 
	CONSTRAINT ck_outcomes_failures_are_told CHECK (told IS NOT NULL OR terminal NOT IN ('failed', 'expired')), 
	CONSTRAINT ck_outcomes_reported_by_message CHECK ((report IS NOT NULL) = (coalesce(told, '') = 'reported'))
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "outcomes" VALUES(911949063785954394,0,1795262400000000,'delivered',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "outcomes" VALUES(911949063785954394,2,1795262400000000,'failed','no-such-mailbox','5.1.1','550 No','mx','reported',911949063785954396);
CREATE TABLE recipients (
	message INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	domain TEXT NOT NULL, 
	orcpt TEXT, 
	notify TEXT, 
	state TEXT NOT NULL, 
	due INTEGER, 
	lease INTEGER, 
	node TEXT, 
	tries INTEGER NOT NULL, 
	delay_told INTEGER, 
	CONSTRAINT pk_recipients PRIMARY KEY (message, number), 
	CONSTRAINT fk_recipients_message FOREIGN KEY(message) REFERENCES messages (id), 
	CONSTRAINT ck_recipients_state CHECK (state IN ('queued', 'held', 'quarantined', 'done')), 
	CONSTRAINT ck_recipients_due_while_queued CHECK ((due IS NOT NULL) = (state = 'queued')), 
	CONSTRAINT ck_recipients_leased_while_queued CHECK (lease IS NULL OR state = 'queued'), 
	CONSTRAINT ck_recipients_lease_has_node CHECK ((lease IS NULL) = (node IS NULL))
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "recipients" VALUES(911949063785954394,0,'ben@example.net','example.net','rfc822;ben@example.net','FAILURE','done',NULL,NULL,NULL,1,NULL);
INSERT INTO "recipients" VALUES(911949063785954394,1,'carol@example.net','example.net','rfc822;carol@example.net','FAILURE','queued',1795262460000000,NULL,NULL,0,1795262400000000);
INSERT INTO "recipients" VALUES(911949063785954394,2,'dora@example.net','example.net','rfc822;dora@example.net','FAILURE','done',NULL,NULL,NULL,0,NULL);
INSERT INTO "recipients" VALUES(911949063785954396,0,'anna@example.org','example.org','rfc822;anna@example.org','FAILURE','queued',1795262400000000,NULL,NULL,0,NULL);
INSERT INTO "recipients" VALUES(911949063785954398,0,'emil@example.net','example.net','rfc822;emil@example.net','FAILURE','held',NULL,NULL,NULL,0,NULL);
CREATE TABLE tokens (
	name TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	until INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_tokens PRIMARY KEY (name)
)
 STRICT

;
CREATE UNIQUE INDEX uq_bodies_file ON bodies (file) WHERE file IS NOT NULL;
CREATE INDEX ix_messages_body ON messages (body, id, size) WHERE body IS NOT NULL;
CREATE INDEX ix_messages_sender ON messages ((id / 1099511627776), lower(sender));
CREATE INDEX ix_messages_message_id ON messages ((id / 1099511627776), message_id);
CREATE INDEX ix_recipients_due ON recipients (due) WHERE due IS NOT NULL;
CREATE INDEX ix_recipients_state ON recipients (state) WHERE due IS NULL AND state != 'done';
CREATE INDEX ix_recipients_address ON recipients ((message / 1099511627776), lower(address));
CREATE INDEX ix_events_message ON events (message) WHERE message IS NOT NULL;
CREATE INDEX ix_events_address ON events ((id / 1099511627776), lower(address)) WHERE address IS NOT NULL;
CREATE UNIQUE INDEX uq_blocks_in_force ON blocks (kind, subject, cause) WHERE lifted IS NULL;
COMMIT;
