-- What lasts for days (exhibitions) is few and is asked for on every opening page.

CREATE INDEX core_occurrence_lasting ON core_occurrence (ends_at)
    WHERE ends_at - starts_at >= interval '20 hours';
